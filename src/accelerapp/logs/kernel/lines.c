/* What a line says: its level, its time, and where its message is. */
#include "text.h"

enum { HEAD_LIMIT = 200, MOST_PREFIX_WORDS = 3 };

static const parsed NOTHING = {0};

/* An access log has no levels; an answer of 5xx is the server's error. The message is the request and the status. */
static int parse_access(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    const byte *limit = left(p, end) > 300 ? p + 300 : end;
    const byte *open = memchr(p, '[', left(p, limit));
    stamp at;
    if (open == NULL || open == p || left(open, end) < 30 || open[-1] != ' ' || !read_time_by(m ? &m->inner : NULL, open + 1, end, reference, &at)) return 0;
    const byte *q = at.after;
    if (left(q, end) < 8 || q[0] != ']' || q[1] != ' ' || q[2] != '"') return 0;
    int escaped;
    const byte *quote = string_end(q + 3, end, &escaped);
    if (quote == NULL || left(quote, end) < 5 || quote[1] != ' ') return 0;
    int status = digits(quote + 2, end, 3);
    if (status < 100) return 0;
    *out = (parsed){.marked = 1, .level = status >= 500 ? ERROR_ : NONE, .timed = 1, .ms = at.ms, .zoneless = at.zoneless, .message = q + 2, .message_end = quote + 5};
    return 1;
}

/* E1124 09:00:00.000123       1 file.go:127] message */
static int parse_klog(const byte *p, const byte *end, int64_t reference, parsed *out) {
    if (left(p, end) < 20 || !strchr("IWEF", *p) || *p == 0 || p[5] != ' ' || digits(p + 1, end, 4) < 0) return 0;
    const byte *close = memchr(p, ']', left(p, end) > 400 ? 400 : left(p, end));
    byte yearless[6 + 9 + 10];
    size_t clock = left(p + 6, end) < 15 ? left(p + 6, end) : 15;
    stamp at;
    memcpy(yearless, p + 1, 2);
    yearless[2] = '-';
    memcpy(yearless + 3, p + 3, 2);
    yearless[5] = ' ';
    memcpy(yearless + 6, p + 6, clock);
    if (close == NULL || !read_time(yearless, yearless + 6 + clock, reference, &at)) return 0;
    *out = (parsed){.marked = 1, .level = level_of_word(p, 1, 1), .timed = 1, .ms = at.ms, .zoneless = 1, .message = skip_blanks(close + 1, end), .message_end = end};
    return 1;
}

/* E, [2026-11-24T09:00:00.000123 #123] ERROR -- name: message, as Ruby writes. */
static int parse_ruby(const byte *p, const byte *end, int64_t reference, parsed *out) {
    stamp at;
    if (left(p, end) < 24 || !strchr("DIWEFA", *p) || p[1] != ',' || p[2] != ' ' || p[3] != '[' || !read_time(p + 4, end, reference, &at)) return 0;
    const byte *close = memchr(at.after, ']', left(at.after, end) > 40 ? 40 : left(at.after, end));
    if (close == NULL) return 0;
    const byte *q = skip_blanks(close + 1, end);
    while (q < end && is_upper(*q)) q++;
    if (!starts_with(q, end, " -- ")) return 0;
    q += 4;
    if (q < end && *q == ':') q++;
    int level = *p == 'A' ? NONE : level_of_word(p, 1, 1);
    *out = (parsed){.marked = 1, .level = level, .timed = 1, .ms = at.ms, .zoneless = at.zoneless, .message = skip_blanks(q, end), .message_end = end};
    return 1;
}

/* `host program[pid]: ` behind a syslog time; the message begins behind it, or NULL. */
static const byte *skip_host_and_program(const byte *p, const byte *end) {
    while (p < end && has(*p, HOST)) p++;
    if (p >= end || *p != ' ') return NULL;
    const byte *program = ++p;
    while (p < end && has(*p, PROGRAM)) p++;
    if (p == program) return NULL;
    if (p < end && *p == '[') {
        for (p++; p < end && is_digit(*p); p++) {}
        if (p >= end || *p++ != ']') return NULL;
    }
    return left(p, end) >= 2 && p[0] == ':' && p[1] == ' ' ? p + 2 : NULL;
}

/* The level behind a time, by the headers before where there are some. */
static int find_level_by(memory *m, const byte *p, const byte *end, const byte **message) {
    int level = m ? recall_level(m, p, end, message) : -1;
    if (level >= 0) return level;
    level = find_level(p, end, 1, message);
    if (m && level >= 0) remember_level(m, p, end, level, *message);
    return level;
}

/* A time stamp, header words, a level, the message. */
static int parse_plain(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    const byte *start = p < end && (*p == '[' || *p == '(' || *p == '<') ? p + 1 : p, *message;
    stamp at;
    if (!read_time_by(m ? &m->inner : NULL, start, end, reference, &at)) {
        int level = find_level(p, end, 0, &message);
        if (level < 0) return 0;
        *out = (parsed){.marked = 1, .level = level, .message = skip_blanks(message, end), .message_end = end};
        return 1;
    }
    const byte *q = at.after;
    while (q < end && (has(*q, SEPARATING) || *q == '>' || *q == ',')) q++;
    const byte *behind = is_alpha(*start) ? skip_host_and_program(q, end) : NULL;
    if (behind) q = behind;
    int level = find_level_by(m, q, end, &message);
    *out = (parsed){.marked = 1, .level = level < 0 ? NONE : level, .timed = 1, .ms = at.ms, .zoneless = at.zoneless, .message = skip_blanks(level < 0 ? q : message, end), .message_end = end};
    return 1;
}

/* <PRI> of RFC 3164, with the version of RFC 5424; the severity, or -1. */
static int read_priority(const byte **pp, const byte *end) {
    const byte *p = *pp + 1;
    int value = 0, n = 0;
    for (; p < end && is_digit(*p) && n < 3; p++, n++) value = value * 10 + (*p - '0');
    if (n == 0 || p >= end || *p != '>' || value > 191) return -1;
    p++;
    if (starts_with(p, end, "1 ")) p += 2;
    *pp = p;
    return value & 7;
}

/* Is this no more than what a collector puts before a line, `shop-1  | ` or `[pod/shop-7f/app] `? At most one plain word. */
static int is_prefix(const byte *p, const byte *end) {
    int plain = 0;
    for (int words = 0; (p = skip_blanks(p, end)) < end; words++) {
        const byte *start = p;
        int is_plain = 1;
        for (; p < end && !is_blank(*p); p++) is_plain &= !has(*p, HEADERISH | RULE);
        plain += is_plain && p > start;
        if (plain > 1 || words == MOST_PREFIX_WORDS) return 0;
    }
    return 1;
}

/* An object to the end of the line, behind a head without a level or right behind any head: it says more than the head.
 * Not when the object is only what a message tells of: then words stand before it, or it has just one of the fields. */
static void parse_object_behind(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    const byte *start = out->marked ? out->message : p;
    const byte *brace = memchr(start, '{', left(start, end) < HEAD_LIMIT ? left(start, end) : HEAD_LIMIT);
    if (brace == NULL || left(brace, end) < 2 || (brace > start && (out->level != NONE || !has(brace[-1], SEPARATING)))) return;
    parsed inner;
    if (!is_prefix(start, brace) || !parse_json(brace, end, reference, m, &inner) || inner.said < 1 + (brace > start)) return;
    if (inner.level == NONE) inner.level = out->level;
    if (!inner.timed) inner.timed = out->timed, inner.ms = out->ms, inner.zoneless = out->zoneless;
    *out = inner;
}

/* What the head of a line says. */
static void parse_head(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    if (*p == '<') {
        int severity = read_priority(&p, end);
        if (severity >= 0) {
            int plain = p < end && parse_plain(p, end, reference, m, out);
            if (!plain) *out = (parsed){.message = p, .message_end = end};
            out->marked = 1;
            if (out->level == NONE) out->level = level_of_syslog(severity);
            return;
        }
    }
    size_t head = left(p, end) < 80 ? left(p, end) : 80;
    if (is_alpha(*p) && memchr(p, '=', head) && parse_logfmt(p, end, reference, m, out)) return;
    if (is_upper(*p) && (parse_klog(p, end, reference, out) || parse_ruby(p, end, reference, out))) return;
    if (!parse_plain(p, end, reference, m, out)) parse_access(p, end, reference, m, out);
}

/* Everything that a line says. An unmarked line has neither time nor level nor structure. */
void parse_line(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    out->marked = 0;
    if (p < end && *p == '{' && parse_json(p, end, reference, m, out)) return;
    if (p < end) parse_head(p, end, reference, m, out);
    if (!out->marked) *out = NOTHING;
    if (p < end && end[-1] == '}') parse_object_behind(p, end, reference, m, out);
}
