/* What a line says: its level, its time, and where its message is. */
#include "text.h"

#include <stdlib.h>

enum { NUMBER_LIMIT = 32, MOST_FIELDS = 512, DEEPEST = 64 };

/* Names of fields, the first that is there counts. */
static const char *const LEVEL_NAMES[] = {"level", "severity", "log.level", "lvl", "loglevel", "levelname", "log_level", "SeverityText", "severityText", "Level", "@level", "@l", "PRIORITY", NULL};
static const char *const TIME_NAMES[] = {"time", "timestamp", "@timestamp", "ts", "datetime", "date", "asctime", "t", "Timestamp", "@t", "eventTime", NULL};
static const char *const MESSAGE_NAMES[] = {"message", "msg", "log", "event", "text", "Message", "@message", "body", "@m", "MESSAGE", NULL};

/* What was found of a structured record; smaller ranks are better. */
typedef struct {
    int level_rank, time_rank, message_rank;
    int64_t reference;
    parsed *out;
} found;

static int rank_of(const byte *p, size_t n, const char *const *names) {
    for (int i = 0; names[i]; i++)
        if (names[i][0] == (char)*p && equals(p, n, names[i])) return i;
    return -1;
}

static int read_number(const byte *p, const byte *end, double *value) {
    char copy[NUMBER_LIMIT + 1], *after;
    size_t n = left(p, end);
    if (n == 0 || n > NUMBER_LIMIT) return 0;
    memcpy(copy, p, n);
    copy[n] = 0;
    *value = strtod(copy, &after);
    return after == copy + n && (is_digit(*p) || *p == '-');
}

/* A level as text or number in text: up to three digits are a number. */
static int level_of_text(const byte *p, const byte *end) {
    while (p < end && is_blank(*p)) p++;
    while (end > p && is_blank(end[-1])) end--;
    size_t n = left(p, end);
    if (n >= 1 && n <= 3) {
        int value = digits(p, end, (int)n);
        if (value >= 0) return level_of_number(value);
    }
    return level_of_word(p, n, 1);
}

/* One field with a scalar value. `quoted`: [p, end) is the inside of a string. */
static void take_field(found *f, const byte *key, size_t n, const byte *p, const byte *end, int quoted, int escaped) {
    int rank = rank_of(key, n, LEVEL_NAMES);
    double number;
    if (rank >= 0 && rank < f->level_rank) {
        int level = quoted ? level_of_text(p, end) : read_number(p, end, &number) && number >= 0 && number < 100 ? level_of_number((int64_t)number) : -1;
        if (level >= 0) {
            f->level_rank = rank;
            f->out->level = level;
        }
    }
    rank = rank_of(key, n, TIME_NAMES);
    if (rank >= 0 && rank < f->time_rank) {
        stamp at;
        int64_t ms;
        if (quoted && !are_digits(p, end, 10) && read_time(p, end, f->reference, &at)) {
            f->time_rank = rank;
            f->out->timed = 1;
            f->out->ms = at.ms;
            f->out->zoneless = at.zoneless;
        } else if (read_number(p, end, &number) && read_time_number(number, &ms)) {
            f->time_rank = rank;
            f->out->timed = 1;
            f->out->ms = ms;
            f->out->zoneless = 0;
        }
    }
    rank = quoted ? rank_of(key, n, MESSAGE_NAMES) : -1;
    if (rank >= 0 && rank < f->message_rank) {
        f->message_rank = rank;
        f->out->message = p;
        f->out->message_end = end;
        f->out->escaped = escaped;
    }
}

/* The end of the string whose inside begins at p (at its closing quote), or NULL. */
static const byte *string_end(const byte *p, const byte *end, int *escaped) {
    *escaped = 0;
    while (p < end) {
        const byte *quote = memchr(p, '"', left(p, end));
        if (quote == NULL) return NULL;
        const byte *slash = memchr(p, '\\', left(p, quote));
        if (slash == NULL) return quote;
        *escaped = 1;
        if (left(slash, end) < 2) return NULL;
        p = slash + 2;
    }
    return NULL;
}

static const byte *skip_space(const byte *p, const byte *end) {
    while (p < end && (is_blank(*p) || *p == '\r' || *p == '\n')) p++;
    return p;
}

/* Behind the object or array that begins at p, or NULL. */
static const byte *skip_nested(const byte *p, const byte *end) {
    int depth = 0, escaped;
    for (; p < end; p++) {
        if (*p == '"') {
            p = string_end(p + 1, end, &escaped);
            if (p == NULL) return NULL;
        } else if (*p == '{' || *p == '[') {
            if (++depth > DEEPEST) return NULL;
        } else if (*p == '}' || *p == ']') {
            if (--depth == 0) return p + 1;
        }
    }
    return NULL;
}

/* The fields of the object whose inside begins at p; returns behind its brace, or NULL when it is not JSON.
 * `prefix` is the name of the outer object for names such as log.level; one level down is looked at. */
static const byte *read_object(const byte *p, const byte *end, found *f, const char *prefix) {
    int escaped;
    p = skip_space(p, end);
    if (p < end && *p == '}') return p + 1;
    for (int fields = 0; fields < MOST_FIELDS; fields++) {
        p = skip_space(p, end);
        if (p >= end || *p != '"') return NULL;
        const byte *key = p + 1, *key_end = string_end(key, end, &escaped);
        if (key_end == NULL) return NULL;
        p = skip_space(key_end + 1, end);
        if (p >= end || *p != ':') return NULL;
        p = skip_space(p + 1, end);
        if (p >= end) return NULL;
        size_t n = left(key, key_end);
        byte joined[16];
        if (prefix && n == 5 && memcmp(key, "level", 5) == 0) {
            memcpy(joined, "log.level", 9);
            key = joined;
            n = 9;
        } else if (prefix) {
            n = 0;
        }
        if (*p == '"') {
            const byte *value = p + 1, *value_end = string_end(value, end, &escaped);
            if (value_end == NULL) return NULL;
            if (n) take_field(f, key, n, value, value_end, 1, escaped);
            p = value_end + 1;
        } else if (*p == '{' && !prefix && n == 3 && memcmp(key, "log", 3) == 0) {
            p = read_object(p + 1, end, f, "log");
        } else if (*p == '{' || *p == '[') {
            p = skip_nested(p, end);
        } else {
            const byte *value = p;
            while (p < end && *p != ',' && *p != '}' && !is_blank(*p)) p++;
            if (p == value) return NULL;
            if (n) take_field(f, key, n, value, p, 0, 0);
        }
        if (p == NULL) return NULL;
        p = skip_space(p, end);
        if (p >= end) return NULL;
        if (*p == '}') return p + 1;
        if (*p != ',') return NULL;
        p++;
    }
    return NULL;
}

static const parsed NOTHING = {0};

int parse_json(const byte *p, const byte *end, int64_t reference, parsed *out) {
    found f = {99, 99, 99, reference, out};
    *out = NOTHING;
    out->message = p;
    out->message_end = end;
    const byte *after = read_object(p + 1, end, &f, NULL);
    if (after == NULL || skip_space(after, end) != end) {
        *out = NOTHING;
        return 0;
    }
    out->marked = 1;
    return 1;
}

/* key=value pairs to the end of the line, of which at least two are a level, a time or a message. */
static int parse_logfmt(const byte *p, const byte *end, int64_t reference, parsed *out) {
    parsed made = NOTHING;
    found f = {99, 99, 99, reference, &made};
    made.message = p;
    made.message_end = end;
    int pairs = 0;
    while (p < end) {
        const byte *key = p;
        if (!is_alpha(*p) && *p != '_' && *p != '@') return 0;
        while (p < end && (is_word(*p) || (*p && strchr(".@/-", *p)))) p++;
        const byte *key_end = p;
        if (p >= end || *p != '=') return 0;
        p++;
        int escaped = 0;
        if (p < end && *p == '"') {
            const byte *close = string_end(p + 1, end, &escaped);
            if (close == NULL) return 0;
            take_field(&f, key, left(key, key_end), p + 1, close, 1, escaped);
            p = close + 1;
        } else {
            const byte *value = p;
            while (p < end && !is_blank(*p) && *p != '"') p++;
            take_field(&f, key, left(key, key_end), value, p, 1, 0);
        }
        if (p < end && !is_blank(*p)) return 0;
        p = skip_blanks(p, end);
        pairs++;
    }
    if ((f.level_rank < 99) + (f.time_rank < 99) + (f.message_rank < 99) < 2 || pairs < 2) return 0;
    made.marked = 1;
    *out = made;
    return 1;
}

/* An access log has no levels; an answer of 5xx is the server's error. The message is the request and the status. */
static int parse_access(const byte *p, const byte *end, int64_t reference, parsed *out) {
    const byte *limit = left(p, end) > 300 ? p + 300 : end;
    const byte *open = memchr(p, '[', left(p, limit));
    stamp at;
    if (open == NULL || open == p || left(open, end) < 30 || open[-1] != ' ' || !read_time(open + 1, end, reference, &at)) return 0;
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

/* A time stamp, header words, a level, the message. */
static int parse_plain(const byte *p, const byte *end, int64_t reference, parsed *out) {
    const byte *start = p < end && (*p == '[' || *p == '(' || *p == '<') ? p + 1 : p, *message;
    stamp at;
    if (!read_time(start, end, reference, &at)) {
        int level = find_level(p, end, 0, &message);
        if (level < 0) return 0;
        *out = (parsed){.marked = 1, .level = level, .message = skip_blanks(message, end), .message_end = end};
        return 1;
    }
    const byte *q = at.after;
    while (q < end && (has(*q, SEPARATING) || *q == '>' || *q == ',')) q++;
    const byte *behind = is_alpha(*start) ? skip_host_and_program(q, end) : NULL;
    if (behind) q = behind;
    int level = find_level(q, end, 1, &message);
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

/* Everything that a line says. An unmarked line has neither time nor level nor structure. */
void parse_line(const byte *p, const byte *end, int64_t reference, parsed *out) {
    *out = NOTHING;
    if (p >= end) return;
    if (*p == '{' && parse_json(p, end, reference, out)) return;
    if (*p == '<') {
        int severity = read_priority(&p, end);
        if (severity >= 0) {
            int plain = p < end && parse_plain(p, end, reference, out);
            if (!plain) *out = (parsed){.message = p, .message_end = end};
            out->marked = 1;
            if (out->level == NONE) out->level = level_of_syslog(severity);
            return;
        }
    }
    size_t head = left(p, end) < 80 ? left(p, end) : 80;
    if (is_alpha(*p) && memchr(p, '=', head) && parse_logfmt(p, end, reference, out)) return;
    if (is_upper(*p) && parse_klog(p, end, reference, out)) return;
    if (parse_plain(p, end, reference, out)) {
        return;
    }
    parse_access(p, end, reference, out);
}
