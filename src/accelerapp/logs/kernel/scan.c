/* Lines to counts: from the bytes as they come to records. */
#include "scanner.h"

#include <stdlib.h>

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

static void count_record(scanner *s, const parsed *line, enum trace trace, int wrapped, int64_t wrapped_ms) {
    if (line->timed) s->last_time = line->ms;
    else if (wrapped) s->last_time = wrapped_ms;
    s->sum.zoneless += line->zoneless;
    s->open = 1;
    s->open_level = line->level;
    s->open_entry = UINT32_MAX;
    s->traced = 0;
    s->trace = trace;
    int64_t at = s->last_time;
    if (at != NEVER && (at < s->since || at > s->until)) return;
    int fresh;
    entry *e = entry_of(s, s->skeleton_of(line->message, left(line->message, line->message_end)), line, &fresh);
    if (fresh) s->open_entry = (uint32_t)(e - s->entries);
    e->count++;
    s->sum.records++;
    s->sum.levels[line->level]++;
    if (at == NEVER) {
        s->sum.untimed++;
        return;
    }
    if (e->first == NEVER || at < e->first) e->first = at;
    if (e->last == NEVER || at > e->last) e->last = at;
    if (s->sum.first == NEVER || at < s->sum.first) s->sum.first = at;
    if (s->sum.last == NEVER || at > s->sum.last) s->sum.last = at;
    count_minute(s, at, line->level);
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
    enum trace trace = trace_begun(p, end);
    if (!line.marked) {
        const byte *thrown = behind_java_thread(p, end);
        if (thrown) line.level = ERROR_, trace = JAVA;
        line.message = thrown ? thrown : p;
        line.message_end = end;
        while (line.message_end > line.message && is_blank(line.message_end[-1])) line.message_end--;
    }
    count_record(s, &line, trace, wrapped, wrapped_ms);
}

static void hold(scanner *s, const byte *p, const byte *end) {
    size_t n = left(p, end), room = TRACE_LIMIT - s->held_used;
    if (n + 1 > room) {
        if (s->held_used) return;
        n = room - 1; /* the first line is held whatever its length: it says that there is something */
    }
    memcpy(s->held + s->held_used, p, n);
    s->held[s->held_used + n] = '\n';
    s->held_used += n + 1;
}

/* An uncaught exception, by the line that names it: an error, whose example ends with its trace. */
static void end_held(scanner *s, const byte *p, const byte *end) {
    size_t used = s->held_used - 1; /* without its last line feed */
    s->held_used = 0;
    while (end > p && is_blank(end[-1])) end--;
    parsed line = {.level = ERROR_, .message = p, .message_end = end};
    count_record(s, &line, PYTHON, s->held_wrapped, s->held_ms);
    add_trace(s, s->held, s->held + used);
}

/* The trace breaks off before the exception is named. */
static void break_held(scanner *s) {
    static const byte head[34 + PADDING] = "Traceback (most recent call last):";
    end_held(s, head, head + 34);
}

/* A line while a trace is held: is it a part of it? */
static int take_held(scanner *s, const byte *p, const byte *end) {
    if (is_blank(*p)) {
        hold(s, p, end);
        return 1;
    }
    parsed line;
    parse_record(s, p, end, &line);
    if (line.marked) {
        break_held(s);
        return 0;
    }
    end_held(s, p, end);
    return 1;
}

/* A line of the program itself, unwrapped. PADDING as above. */
void take_inner(scanner *s, const byte *p, const byte *end, int wrapped, int64_t ms) {
    if (s->coloured && has_codes(p, end, 0)) clean(s, &p, &end);
    const byte *q = p;
    while (q < end && (is_blank(*q) || *q == '\r' || *q == '\f' || *q == '\v')) q++;
    if (q == end) {
        if (s->held_used == 0 && s->open && s->trace != NO_TRACE) add_trace(s, q, q);
        return;
    }
    if (s->held_used && take_held(s, p, end)) return;
    if (is_uncaught(s, p, end)) {
        s->held_wrapped = wrapped, s->held_ms = ms;
        hold(s, p, end);
        return;
    }
    if (s->open && continues(s, p, end)) add_trace(s, p, end);
    else begin_record(s, p, end, wrapped, ms);
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
    free(s->arena), free(s->carry), free(s->pieces), free(s->scratch), free(s->clean), free(s->held), free(s);
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
    s->held = malloc(TRACE_LIMIT + PADDING);
    if (!s->entries || !s->slots || !s->minutes || !s->minute_slots || !s->arena || !s->carry || !s->pieces || !s->scratch || !s->clean || !s->held) {
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
    if (s->held_used) break_held(s);
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
