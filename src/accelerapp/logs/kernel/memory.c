/* What the lines before were like: a time or a level of a known form is read without asking what form it is.
 *
 * Nothing is guessed: a form is remembered together with every byte that the full reading went by, and recalled only
 * where those stand again. All functions need PADDING readable bytes behind the line.
 */
#include "text.h"

enum { DATE_LIMIT = 16, TAIL_LIMIT = 16, SECOND_MS = 1000 };

static inline uint64_t low_bytes(size_t n) { return n >= 8 ? ~0ull : (1ull << (8 * n)) - 1; }
static inline uint64_t high_bytes(size_t n) { return n <= 8 ? 0 : low_bytes(n - 8); }

/* HH:MM:SS as milliseconds, or -1; eight bytes at once. The 60th second is for the full reading. */
static inline int64_t clock_of(const byte *p) {
    uint64_t x = load(p) ^ 0x30303A30303A3030ull; /* "00:00:00" */
    if (((x + 0x7676007676007676ull) | x) & 0x8080FF8080FF8080ull) return -1;
    x = x * 10 + (x >> 8);
    int64_t h = x & 0xFF, m = x >> 24 & 0xFF, s = x >> 48 & 0xFF;
    return h < 24 && m < 60 && s < 60 ? ((h * 60 + m) * 60 + s) * SECOND_MS : -1;
}

/* May a time without a zone go on with this byte, as its fraction or zone? */
static inline int may_go_on(byte c, int has_fraction) { return has(c, ZONISH) || (!has_fraction && (c == '.' || c == ',' || c == ':')); }

int recall_time(const time_form *f, const byte *p, const byte *end, stamp *out) {
    if (f->clock == 0 || left(p, end) < (size_t)f->clock + 8 + f->tail) return 0;
    if (((load(p) ^ f->date[0]) & low_bytes(f->clock)) | ((load(p + 8) ^ f->date[1]) & high_bytes(f->clock))) return 0;
    int64_t ms = clock_of(p + f->clock);
    const byte *q = p + f->clock + 8, *after = q + f->tail;
    uint64_t a = load(q), b = load(q + 8);
    if (((a ^ f->text[0]) & f->exact[0]) | ((b ^ f->text[1]) & f->exact[1])) return 0;
    if ((((a + f->sixes[0]) ^ f->text[0]) & f->figures[0]) | (((b + f->sixes[1]) ^ f->text[1]) & f->figures[1])) return 0;
    if (ms < 0) return 0;
    if (f->fraction > 1) ms += (q[1] - '0') * 100;
    if (f->fraction > 2) ms += (q[2] - '0') * 10;
    if (f->fraction > 3) ms += q[3] - '0';
    if (f->tail > f->fraction) { /* a zone, or the year */
        if (after < end && (is_word(*after) || *after == ':')) return 0;
    } else if (after < end && (may_go_on(*after, f->fraction) || (*after == ' ' && may_go_on(after[1], 1)))) {
        return 0;
    }
    *out = (stamp){f->day + ms, f->zoneless, after, NULL};
    return 1;
}

/* Remember the form of a time at p that was read in full. */
void remember_time(time_form *f, const byte *p, const byte *end, const stamp *read) {
    f->clock = 0;
    if (read->clock == NULL || read->clock <= p || read->clock - p > DATE_LIMIT || left(read->clock, end) < 8) return;
    const byte *q = read->clock + 8;
    if (read->after < q || read->after - q > TAIL_LIMIT) return;
    size_t tail = left(q, read->after), fraction = 0;
    if (tail >= 2 && (*q == '.' || *q == ',' || *q == ':') && is_digit(q[1]))
        for (fraction = 1; fraction < tail && is_digit(q[fraction]);) fraction++;
    uint64_t in_fraction[2] = {low_bytes(fraction) & ~0xFFull, high_bytes(fraction)}, in_tail[2] = {low_bytes(tail), high_bytes(tail)};
    if (fraction == 0) in_fraction[0] = 0;
    *f = (time_form){.clock = (byte)left(p, read->clock), .fraction = (byte)fraction, .tail = (byte)tail, .zoneless = (byte)read->zoneless};
    for (int i = 0; i < 2; i++) {
        f->date[i] = load(p + 8 * i);
        f->text[i] = load(q + 8 * i);
        f->exact[i] = in_tail[i] & ~(in_fraction[i] & 0x0F0F0F0F0F0F0F0Full);
        f->figures[i] = in_fraction[i] & 0xF0F0F0F0F0F0F0F0ull; /* a digit and 6 is of the same sixteen */
        f->sixes[i] = in_fraction[i] & 0x0606060606060606ull;
    }
    stamp again;
    if (!recall_time(f, p, end, &again) || again.after != read->after) {
        f->clock = 0;
        return;
    }
    f->day = read->ms - again.ms;
}

static inline level_form *place_of(memory *m, const byte *p) {
    uint32_t key = (uint32_t)load(p) * 0x9E3779B1u;
    return &m->levels[key >> (32 - LEVEL_FORM_BITS)];
}

int recall_level(memory *m, const byte *p, const byte *end, const byte **message) {
    const level_form *f = place_of(m, p);
    if (f->length == 0 || left(p, end) <= f->length) return -1;
    uint64_t differs = 0;
    for (int i = 0; i < LEVEL_FORM_WORDS; i++) differs |= (load(p + 8 * i) ^ f->text[i]) & f->kept[i];
    if (differs || has(p[f->length], SEPARATING)) return -1;
    *message = p + f->length;
    return f->level;
}

/* Did find_level look at nothing but [p, message] to say what it said? Not where it looked for the end of a bracket, or
 * for a colon behind a name. */
static int is_self_contained(const byte *p, const byte *message) {
    const byte *opened = NULL, *closed = p, *q = p;
    while (q < message && is_blank(*q)) q++;
    if (q == message || is_digit(*q)) return 0;
    while (q < message && is_upper(*q)) q++;
    if (q < message && *q == ':') return 0;
    for (q = p; q < message; q++) {
        if (*q == '[' || *q == '(' || *q == '<') opened = q;
        if (*q == ']' || *q == ')' || *q == '>') closed = q;
    }
    return opened == NULL || opened < closed;
}

void remember_level(memory *m, const byte *p, const byte *end, int level, const byte *message) {
    size_t n = left(p, message);
    if (n < 4 || n > 8 * LEVEL_FORM_WORDS || message >= end || has(*message, SEPARATING) || !is_self_contained(p, message)) return;
    level_form *f = place_of(m, p);
    f->length = (byte)n;
    f->level = (byte)level;
    for (int i = 0; i < LEVEL_FORM_WORDS; i++) {
        f->text[i] = load(p + 8 * i);
        f->kept[i] = n > 8 * (size_t)i ? low_bytes(n - 8 * (size_t)i) : 0;
    }
}
