/* Lines to counts: joins traces, unwraps container formats, makes skeletons, and counts in bounded tables. */
#include "text.h"

#include <stdlib.h>

enum trace { NO_TRACE, PYTHON, JAVA, GO };

/* A skeleton: records of a level that differ only in words that bear a digit. */
typedef struct {
    uint64_t hash;
    int64_t count, first, last; /* times in ms, INT64_MIN: none */
    uint32_t example, message_length, example_length; /* in the arena: message, then trace */
    int32_t level, escaped;
} entry;

typedef struct {
    int64_t minute; /* since 1970 */
    int64_t total, errors, warnings;
} minute;

typedef struct {
    int64_t records, levels[LEVELS], untimed, zoneless, cut_lines, undecodable_lines, lines, bytes, overflowed, minutes_lost, nul_bytes, marked;
    int64_t first, last;
} totals;

typedef struct {
    int64_t reference, since, until;
    skeleton_function *skeleton_of;
    memory memory;
    totals sum;
    entry *entries;
    uint32_t entry_count, *slots, slot_count, overflow[LEVELS];
    minute *minutes;
    uint32_t minute_count, *minute_slots, last_minute;
    byte *arena;
    size_t arena_size, arena_used;
    byte *carry; /* an unfinished line */
    size_t carry_used;
    int skipping; /* the rest of a line that was cut */
    byte *pieces; /* a line that a runtime cut into pieces */
    size_t pieces_used;
    byte *scratch; /* a line with PADDING behind it, or unescaped */
    byte *clean;   /* a line without terminal codes */
    int coloured;  /* the line may hold such codes */
    int64_t last_time;
    int open;          /* there is a record that a trace may follow */
    int open_level, trace, traced;
    uint32_t open_entry; /* its entry while its example is being made, else UINT32_MAX */
    int failed;        /* out of memory */
} scanner;

static const int64_t NEVER = INT64_MIN;

static inline uint64_t mix(uint64_t h, uint64_t x) {
    h = (h ^ x) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 29);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static uint32_t keep_example(scanner *s, const byte *p, size_t n) {
    if (s->arena_used + n > s->arena_size) {
        size_t size = s->arena_size * 2 + n;
        byte *grown = realloc(s->arena, size);
        if (grown == NULL) {
            s->failed = 1;
            return 0;
        }
        s->arena = grown;
        s->arena_size = size;
    }
    memcpy(s->arena + s->arena_used, p, n);
    s->arena_used += n;
    return (uint32_t)(s->arena_used - n);
}

static inline uint32_t slot_of(const scanner *s, uint64_t hash) { return (uint32_t)(hash >> 32) & (s->slot_count - 1); }

static entry *new_entry(scanner *s, uint64_t hash, const parsed *line) {
    entry *e = &s->entries[s->entry_count++];
    size_t n = left(line->message, line->message_end);
    if (n > EXAMPLE_LIMIT) n = EXAMPLE_LIMIT;
    *e = (entry){hash, 0, NEVER, NEVER, keep_example(s, line->message, n), (uint32_t)n, (uint32_t)n, line->level, line->escaped};
    return e;
}

/* Few entries need few slots, which stay in the nearest cache. */
static void grow_slots(scanner *s) {
    uint32_t *grown = calloc((size_t)s->slot_count * 2, sizeof(uint32_t));
    if (grown == NULL) {
        s->failed = 1;
        return;
    }
    free(s->slots);
    s->slots = grown;
    s->slot_count *= 2;
    for (uint32_t i = 0; i < s->entry_count; i++) {
        uint32_t slot = slot_of(s, s->entries[i].hash);
        while (grown[slot]) slot = (slot + 1) & (s->slot_count - 1);
        grown[slot] = i + 1;
    }
}

/* The entry of a skeleton. When the table is full, all new ones of a level share one entry, whose hash is 0. */
static entry *entry_of(scanner *s, uint64_t hash, const parsed *line, int *fresh) {
    hash = mix(hash, (uint64_t)line->level + 1);
    if (hash == 0) hash = 1;
    *fresh = 0;
    uint32_t slot = slot_of(s, hash);
    for (; s->slots[slot]; slot = (slot + 1) & (s->slot_count - 1)) {
        entry *e = &s->entries[s->slots[slot] - 1];
        if (e->hash == hash && e->level == line->level) return e;
    }
    if (s->entry_count >= ENTRIES_AT_MOST) {
        s->sum.overflowed++;
        uint32_t *known = &s->overflow[line->level];
        if (*known) return &s->entries[*known - 1];
        *known = s->entry_count + 1;
        *fresh = 1;
        return new_entry(s, 0, line);
    }
    *fresh = 1;
    entry *e = new_entry(s, hash, line);
    s->slots[slot] = s->entry_count;
    if (s->entry_count * 4 > s->slot_count) grow_slots(s);
    return e;
}

static void count_minute(scanner *s, int64_t ms, int level) {
    int64_t at = ms >= 0 ? ms / 60000 : -((-ms + 59999) / 60000);
    minute *m = s->minute_count ? &s->minutes[s->last_minute] : NULL;
    if (m == NULL || m->minute != at) {
        uint32_t slot = (uint32_t)(mix((uint64_t)at, 7) >> 40) & (MINUTE_SLOTS - 1);
        while (s->minute_slots[slot] && s->minutes[s->minute_slots[slot] - 1].minute != at) slot = (slot + 1) & (MINUTE_SLOTS - 1);
        if (!s->minute_slots[slot]) {
            if (s->minute_count >= MINUTES_AT_MOST) {
                s->sum.minutes_lost++;
                return;
            }
            s->minutes[s->minute_count] = (minute){at, 0, 0, 0};
            s->minute_slots[slot] = ++s->minute_count;
        }
        s->last_minute = s->minute_slots[slot] - 1;
        m = &s->minutes[s->last_minute];
    }
    m->total++;
    m->errors += level >= ERROR_;
    m->warnings += level == WARNING;
}

/* ---- traces ----------------------------------------------------------------------------------------------------- */

static int ends_like_an_exception(const byte *p, size_t n) {
    static const char *const ends[] = {"Error", "Exception", "Throwable", "Interrupt", "Exit", "Warning", NULL};
    for (int i = 0; ends[i]; i++) {
        size_t m = strlen(ends[i]);
        if (n >= m && memcmp(p + n - m, ends[i], m) == 0) return 1;
    }
    return 0;
}

/* `pkg.SomeError: text`: a dotted name whose last part begins with a capital and ends like an exception. */
static int is_exception(const byte *p, const byte *end) {
    const byte *q = p, *last = p;
    if (is_digit(*p)) return 0;
    while (q < end && (is_word(*q) || *q == '$' || *q == '.')) {
        if (*q == '.') last = q + 1;
        q++;
    }
    if (q == p || last >= q || !is_upper(*last) || !ends_like_an_exception(last, left(last, q))) return 0;
    const byte *behind = skip_blanks(q, end);
    return q >= end || *q == ':' || (behind < end && *behind == '(');
}

static int is_go_frame(const byte *p, const byte *end) {
    if (starts_with(p, end, "exit status ")) return 1;
    const byte *q = p;
    while (q < end && (is_word(*q) || (*q && strchr("./()*-", *q)))) {
        if (*q == '(' && end[-1] == ')') return 1;
        q++;
    }
    return 0;
}

/* Does an unindented line belong to a trace, wherever it stands? The trace, or NO_TRACE. */
static enum trace trace_head(const byte *p, const byte *end) {
    if (*p != 'T' && *p != 'D' && *p != 'C' && *p != 'S' && *p != 'c' && *p != 'g' && *p != '.') return NO_TRACE;
    if (starts_with(p, end, "Traceback (most recent call last):") || starts_with(p, end, "During handling of the above") ||
        starts_with(p, end, "The above exception was the direct"))
        return PYTHON;
    if (starts_with(p, end, "Caused by: ") || starts_with(p, end, "Suppressed: ")) return JAVA;
    if (starts_with(p, end, "created by ")) return GO;
    if (starts_with(p, end, "goroutine ")) {
        const byte *q = p + 10;
        while (q < end && is_digit(*q)) q++;
        if (q > p + 10 && starts_with(q, end, " [")) return GO;
    }
    if (starts_with(p, end, "... ")) {
        const byte *q = p + 4;
        while (q < end && is_digit(*q)) q++;
        if (q > p + 4 && (starts_with(q, end, " more") || starts_with(q, end, " common"))) return JAVA;
    }
    return NO_TRACE;
}

/* Does the line belong to the record before it? */
static int continues(scanner *s, const byte *p, const byte *end) {
    if (is_blank(*p)) {
        const byte *q = skip_blanks(p, end);
        parsed object;
        if (*q == '{' && parse_json(q, end, s->reference, &s->memory, &object) && (object.level != NONE || object.timed)) return 0;
        if (s->trace == NO_TRACE && starts_with(q, end, "at ")) s->trace = JAVA;
        return 1;
    }
    enum trace head = trace_head(p, end);
    if (head != NO_TRACE) {
        s->trace = head == JAVA && s->trace != NO_TRACE ? s->trace : (int)head;
        return 1;
    }
    if (s->trace == GO) return is_go_frame(p, end);
    return (s->trace == PYTHON || (!s->traced && s->open_level >= WARNING)) && is_exception(p, end);
}

static void add_trace(scanner *s, const byte *p, const byte *end) {
    s->traced = 1;
    if (s->open_entry == UINT32_MAX) return;
    entry *e = &s->entries[s->open_entry];
    size_t used = e->example_length - e->message_length, n = left(p, end);
    if (used + n + 1 > TRACE_LIMIT || s->arena_used != e->example + e->example_length) return;
    keep_example(s, (const byte *)"\n", 1);
    keep_example(s, p, n);
    if (!s->failed) e->example_length += (uint32_t)n + 1;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static int is_utf8(const byte *p, const byte *end) {
    while (p < end) {
        byte c = *p++;
        if (c < 0x80) continue;
        int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0xC2 || c > 0xF4 || left(p, end) < (size_t)more) return 0;
        if ((c == 0xE0 && *p < 0xA0) || (c == 0xED && *p > 0x9F) || (c == 0xF0 && *p < 0x90) || (c == 0xF4 && *p > 0x8F)) return 0;
        for (; more; more--)
            if ((*p++ & 0xC0) != 0x80) return 0;
    }
    return 1;
}

static int has_high_bytes(const byte *p, const byte *end) {
    for (; left(p, end) >= 32; p += 32)
        if ((load(p) | load(p + 8) | load(p + 16) | load(p + 24)) & 0x8080808080808080ull) return 1;
    for (; p < end; p++)
        if (*p >= 0x80) return 1;
    return 0;
}

/* The trace that a record begins with. */
static enum trace trace_begun(const byte *p, const byte *end) {
    if (*p == 'T') return starts_with(p, end, "Traceback (most") ? PYTHON : NO_TRACE;
    if (*p != 'p' && *p != 'f' && *p != 'g') return NO_TRACE;
    return starts_with(p, end, "panic: ") || starts_with(p, end, "fatal error: ") || starts_with(p, end, "goroutine ") ? GO : NO_TRACE;
}

/* The line without terminal codes, PADDING behind it. */
static void clean(scanner *s, const byte **p, const byte **end) {
    size_t n = strip_codes(*p, *end, s->clean);
    memset(s->clean + n, 0, PADDING);
    *p = s->clean;
    *end = s->clean + n;
}

static void parse_record(scanner *s, const byte *p, const byte *end, parsed *line) {
    const byte *start = skip_blanks(p, end);
    parse_line(start < end && *start == '{' ? start : p, end, s->reference, &s->memory, line);
}

/* A record begins: count it. The caller guarantees PADDING readable bytes behind `end`. */
static void begin_record(scanner *s, const byte *p, const byte *end, int wrapped, int64_t wrapped_ms) {
    parsed line;
    parse_record(s, p, end, &line);
    if (line.escapes && has_codes(p, end, 1)) {
        clean(s, &p, &end);
        parse_record(s, p, end, &line);
    }
    s->sum.marked += line.marked;
    if (!line.marked) {
        line.message = p;
        line.message_end = end;
        while (line.message_end > p && is_blank(line.message_end[-1])) line.message_end--;
    }
    if (line.timed) s->last_time = line.ms;
    else if (wrapped) s->last_time = wrapped_ms;
    s->sum.zoneless += line.zoneless;
    s->open = 1;
    s->open_level = line.level;
    s->open_entry = UINT32_MAX;
    s->traced = 0;
    s->trace = trace_begun(p, end);
    int64_t at = s->last_time;
    if (at != NEVER && (at < s->since || at > s->until)) return;
    int fresh;
    entry *e = entry_of(s, s->skeleton_of(line.message, left(line.message, line.message_end)), &line, &fresh);
    if (fresh) s->open_entry = (uint32_t)(e - s->entries);
    e->count++;
    s->sum.records++;
    s->sum.levels[line.level]++;
    if (at == NEVER) {
        s->sum.untimed++;
        return;
    }
    if (e->first == NEVER || at < e->first) e->first = at;
    if (e->last == NEVER || at > e->last) e->last = at;
    if (s->sum.first == NEVER || at < s->sum.first) s->sum.first = at;
    if (s->sum.last == NEVER || at > s->sum.last) s->sum.last = at;
    count_minute(s, at, line.level);
}

/* A line of the program itself, unwrapped. PADDING as above. */
static void take_inner(scanner *s, const byte *p, const byte *end, int wrapped, int64_t ms) {
    if (s->coloured && has_codes(p, end, 0)) clean(s, &p, &end);
    const byte *q = p;
    while (q < end && (is_blank(*q) || *q == '\r' || *q == '\f' || *q == '\v')) q++;
    if (q == end) {
        if (s->open && s->trace != NO_TRACE) add_trace(s, q, q);
        return;
    }
    if (s->open && continues(s, p, end)) add_trace(s, p, end);
    else begin_record(s, p, end, wrapped, ms);
}

/* A piece of a line that a runtime has cut; the whole is taken when its last piece is there. */
static void take_piece(scanner *s, const byte *p, const byte *end, int partial, int wrapped, int64_t ms) {
    size_t n = left(p, end);
    if (!partial && s->pieces_used == 0) {
        take_inner(s, p, end, wrapped, ms);
        return;
    }
    if (n > LINE_LIMIT - s->pieces_used) n = LINE_LIMIT - s->pieces_used;
    memcpy(s->pieces + s->pieces_used, p, n);
    s->pieces_used += n;
    if (partial && s->pieces_used < LINE_LIMIT) return;
    n = s->pieces_used;
    s->pieces_used = 0;
    s->coloured = 1; /* it may: its pieces are of other chunks */
    take_inner(s, s->pieces, s->pieces + n, wrapped, ms);
}

static int hex_of(byte c) { return is_digit(c) ? c - '0' : (byte)((c | 32) - 'a') < 6 ? (c | 32) - 'a' + 10 : -1; }

/* The text of a JSON string into the scratch, which is as large as a line may be: it only gets shorter. */
static size_t unescape(const byte *p, const byte *end, byte *out) {
    byte *start = out;
    while (p < end) {
        if (*p != '\\' || left(p, end) < 2) {
            *out++ = *p++;
            continue;
        }
        byte c = p[1];
        p += 2;
        if (c == 'u' && left(p, end) >= 4) {
            int value = 0;
            for (int i = 0; i < 4; i++) value = value < 0 || hex_of(p[i]) < 0 ? -1 : value * 16 + hex_of(p[i]);
            p += value < 0 ? 0 : 4;
            if (value < 0 || (value >= 0xD800 && value < 0xE000)) value = '?';
            if (value < 0x80) {
                *out++ = (byte)value;
            } else if (value < 0x800) {
                *out++ = (byte)(0xC0 | value >> 6);
                *out++ = (byte)(0x80 | (value & 63));
            } else {
                *out++ = (byte)(0xE0 | value >> 12);
                *out++ = (byte)(0x80 | (value >> 6 & 63));
                *out++ = (byte)(0x80 | (value & 63));
            }
        } else {
            *out++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
        }
    }
    return (size_t)(out - start);
}

/* {"log":"text\n","stream":"stdout","time":"…"} */
static int take_docker(scanner *s, const byte *p, const byte *end) {
    const byte *text = p + 8, *close = text;
    for (;;) {
        close = memchr(close, '"', left(close, end));
        if (close == NULL) return 0;
        int slashes = 0;
        while (close - slashes > text && close[-1 - slashes] == '\\') slashes++;
        if (slashes % 2 == 0) break;
        close++;
    }
    const byte *q = close + 1;
    if (!starts_with(q, end, ",\"stream\":\"")) return 0;
    const byte *time = NULL;
    for (const byte *r = q; left(r, end) > 8; r++)
        if (*r == '"' && starts_with(r, end, "\"time\":\"")) {
            time = r + 8;
            break;
        }
    stamp at;
    int timed = time && read_time_by(&s->memory.outer, time, end, s->reference, &at);
    size_t n = unescape(text, close, s->scratch);
    int coloured = s->coloured;
    s->coloured = 1;
    int partial = n == 0 || s->scratch[n - 1] != '\n';
    while (n && (s->scratch[n - 1] == '\n' || s->scratch[n - 1] == '\r')) n--;
    memset(s->scratch + n, 0, PADDING);
    take_piece(s, s->scratch, s->scratch + n, partial, timed, timed ? at.ms : 0);
    s->coloured = coloured;
    return 1;
}

/* 2026-11-24T09:00:00.123456789Z stdout F text */
static int take_cri(scanner *s, const byte *p, const byte *end) {
    stamp at;
    if (left(p, end) < 29 || p[10] != 'T' || !is_digit(*p)) return 0;
    const byte *q = memchr(p + 19, ' ', left(p, end) - 19 > 20 ? 20 : left(p, end) - 19);
    if (q == NULL) return 0;
    q++;
    if (!starts_with(q, end, "stdout ") && !starts_with(q, end, "stderr ")) return 0;
    q += 7;
    if (q >= end || (*q != 'F' && *q != 'P') || !read_time_by(&s->memory.outer, p, end, s->reference, &at)) return 0;
    int partial = *q == 'P';
    q++;
    if (q < end && *q == ':')
        while (q < end && *q != ' ') q++;
    if (q < end && *q != ' ') return 0;
    take_piece(s, q < end ? q + 1 : end, end, partial, 1, at.ms);
    return 1;
}

/* One line as it stands in the bytes. PADDING as above. */
static void take_line(scanner *s, const byte *p, const byte *end, int ascii) {
    if (end > p && end[-1] == '\r') end--;
    s->sum.lines++;
    if (!ascii && has_high_bytes(p, end) && !is_utf8(p, end)) s->sum.undecodable_lines++;
    if (starts_with(p, end, "{\"log\":\"") && take_docker(s, p, end)) return;
    if (take_cri(s, p, end)) return;
    if (s->pieces_used) { /* what is wrapped no more ends what was */
        size_t n = s->pieces_used;
        s->pieces_used = 0;
        s->coloured = 1;
        take_inner(s, s->pieces, s->pieces + n, 0, 0);
    }
    take_inner(s, p, end, 0, 0);
}

/* A line that ends where no PADDING can be read. */
static void take_copied(scanner *s, const byte *p, size_t n, int ascii) {
    if (n > LINE_LIMIT) {
        n = LINE_LIMIT;
        s->sum.cut_lines++;
    }
    if (p != s->carry) memcpy(s->carry, p, n);
    memset(s->carry + n, 0, PADDING);
    s->carry_used = 0;
    take_line(s, s->carry, s->carry + n, ascii);
}

/* Unfinished bytes at the end of a chunk. */
static void keep_rest(scanner *s, const byte *p, size_t n) {
    if (s->skipping) return;
    size_t room = LINE_LIMIT + 1 - s->carry_used;
    size_t taken = n < room ? n : room;
    memcpy(s->carry + s->carry_used, p, taken);
    s->carry_used += taken;
    if (s->carry_used > LINE_LIMIT) {
        take_copied(s, s->carry, s->carry_used, 0);
        s->skipping = 1;
    }
}

/* ---- the door --------------------------------------------------------------------------------------------------- */

EXPORT void scanner_free(scanner *s) {
    if (s == NULL) return;
    free(s->entries), free(s->slots), free(s->minutes), free(s->minute_slots);
    free(s->arena), free(s->carry), free(s->pieces), free(s->scratch), free(s->clean), free(s);
}

EXPORT scanner *scanner_new(int64_t reference, int64_t since, int64_t until) {
    scanner *s = calloc(1, sizeof(scanner));
    if (s == NULL) return NULL;
    size_t line = LINE_LIMIT + 1 + PADDING;
    s->arena_size = 1 << 16;
    s->entries = malloc((ENTRIES_AT_MOST + LEVELS) * sizeof(entry));
    s->slot_count = FIRST_SLOTS;
    s->slots = calloc(FIRST_SLOTS, sizeof(uint32_t));
    s->minutes = malloc(MINUTES_AT_MOST * sizeof(minute));
    s->minute_slots = calloc(MINUTE_SLOTS, sizeof(uint32_t));
    s->arena = malloc(s->arena_size);
    s->carry = malloc(line), s->pieces = malloc(line), s->scratch = malloc(line), s->clean = malloc(line);
    if (!s->entries || !s->slots || !s->minutes || !s->minute_slots || !s->arena || !s->carry || !s->pieces || !s->scratch || !s->clean) {
        scanner_free(s);
        return NULL;
    }
    memset(s->pieces, 0, line);
    s->skeleton_of = skeleton_of_here();
    s->reference = reference, s->since = since, s->until = until;
    s->last_time = s->sum.first = s->sum.last = NEVER;
    s->open_entry = UINT32_MAX;
    return s;
}

/* Take the next bytes. 0, or -1 when memory has run out. */
EXPORT int scanner_feed(scanner *s, const byte *p, size_t n) {
    const byte *end = p + n;
    int ascii = !has_high_bytes(p, end);
    s->sum.bytes += (int64_t)n;
    s->coloured = s->carry_used || memchr(p, 0x1B, n) != NULL;
    while (p < end && !s->failed) {
        if (*p == 0 && s->carry_used == 0 && !s->skipping) { /* the place of what was rotated away */
            p++;
            s->sum.nul_bytes++;
            continue;
        }
        const byte *stop = memchr(p, '\n', left(p, end));
        if (stop == NULL) {
            keep_rest(s, p, left(p, end));
            break;
        }
        if (s->skipping) {
            s->skipping = 0;
        } else if (s->carry_used) {
            keep_rest(s, p, left(p, stop));
            if (s->skipping) s->skipping = 0;
            else take_copied(s, s->carry, s->carry_used, 0);
        } else if (left(stop, end) < PADDING || left(p, stop) > LINE_LIMIT) {
            take_copied(s, p, left(p, stop), ascii);
        } else {
            take_line(s, p, stop, ascii);
        }
        p = stop + 1;
    }
    return s->failed ? -1 : 0;
}

/* Nothing more comes: take what is unfinished. */
EXPORT int scanner_finish(scanner *s) {
    s->coloured = 1;
    if (s->carry_used && !s->skipping) take_copied(s, s->carry, s->carry_used, 0);
    if (s->pieces_used) {
        size_t used = s->pieces_used;
        s->pieces_used = 0;
        take_inner(s, s->pieces, s->pieces + used, 0, 0);
    }
    return s->failed ? -1 : 0;
}

EXPORT const totals *scanner_totals(const scanner *s) { return &s->sum; }
EXPORT const entry *scanner_entries(const scanner *s, uint32_t *count) { return *count = s->entry_count, s->entries; }
EXPORT const minute *scanner_minutes(const scanner *s, uint32_t *count) { return *count = s->minute_count, s->minutes; }
EXPORT const byte *scanner_arena(const scanner *s) { return s->arena; }

/* One line: offsets of its message from p in out[0], out[1]; returns its level, -1 when it is unmarked. */
EXPORT int line_parse(const byte *p, size_t n, int64_t reference, int64_t *out) {
    parsed line;
    parse_line(p, p + n, reference, NULL, &line);
    if (!line.marked) return -1;
    out[0] = line.message - p, out[1] = line.message_end - p;
    out[2] = line.timed, out[3] = line.ms, out[4] = line.zoneless, out[5] = line.escaped;
    return line.level;
}

/* A line without terminal codes, as they are or as JSON spells them, into `out`; its length. */
EXPORT size_t line_strip(const byte *p, size_t n, byte *out) { return strip_codes(p, p + n, out); }

/* Does a line belong to a trace by its own words? */
EXPORT int line_continues(const byte *p, size_t n) {
    return n > 0 && (is_blank(*p) || trace_head(p, p + n) != NO_TRACE || is_exception(p, p + n));
}
