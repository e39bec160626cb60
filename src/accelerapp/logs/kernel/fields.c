/* Structured records: JSON objects and key=value pairs, and what their fields say. */
#include "text.h"

#include <stdlib.h>

enum { NUMBER_LIMIT = 32, MOST_FIELDS = 512, DEEPEST = 64, UNRANKED = 99 };

/* What a name means; of several fields of a kind the one with the smallest rank counts. */
enum kind { LEVEL_FIELD, TIME_FIELD, MESSAGE_FIELD, KINDS };
typedef struct {
    const char *text;
    byte length, kind, rank;
} name;

#define N(text, kind, rank) {text, sizeof(text) - 1, kind, rank}
#define L(text, rank) N(text, LEVEL_FIELD, rank)
#define T(text, rank) N(text, TIME_FIELD, rank)
#define M(text, rank) N(text, MESSAGE_FIELD, rank)
/* Those with one first letter stand together. */
static const name NAMES[] = {
    {"", 0, 0, 0},
    T("@timestamp", 2), T("@t", 9), L("@level", 10), L("@l", 11), M("@message", 6), M("@m", 8),
    L("Level", 9),
    M("Message", 5), M("MESSAGE", 9),
    L("PRIORITY", 12),
    L("SeverityText", 7), L("SeverityNumber", 14),
    T("Timestamp", 8),
    T("asctime", 6),
    M("body", 7),
    T("datetime", 4), T("date", 5),
    M("event", 3), T("eventTime", 10),
    L("level", 0), L("log.level", 2), L("lvl", 3), L("loglevel", 4), L("levelname", 5), L("log_level", 6), M("log", 2),
    M("message", 0), M("msg", 1),
    T("observedTimeUnixNano", 12),
    L("severity", 1), L("severityText", 8), L("severityNumber", 13), L("s", 15),
    T("time", 0), T("timestamp", 1), T("ts", 3), T("t", 7), T("timeUnixNano", 11), T("timestampSeconds", 13), M("text", 4),
    {"", 0, 0, 0},
};
static const byte first_name[256] = {
    ['@'] = 1, ['L'] = 7, ['M'] = 8, ['P'] = 10, ['S'] = 11, ['T'] = 13, ['a'] = 14, ['b'] = 15, ['d'] = 16, ['e'] = 18, ['l'] = 20,
    ['m'] = 27, ['o'] = 29, ['s'] = 30, ['t'] = 34,
};

/* Whose fields are read: the record's own, or those of an object in it. */
enum place { RECORD, IN_LOG, IN_TIME, IN_BODY };

typedef struct {
    int ranks[KINDS];
    int64_t reference;
    memory *memory; /* or NULL */
    int escapes; /* some string has a backslash */
    int has_seconds;
    double seconds, nanos; /* of an object that is a time */
    parsed *out;
} found;

static const parsed NOTHING = {0};

static found new_found(int64_t reference, memory *m, parsed *out) {
    return (found){.ranks = {UNRANKED, UNRANKED, UNRANKED}, .reference = reference, .memory = m, .out = out};
}

static const name *name_of(const byte *p, size_t n) {
    if (n == 0 || first_name[*p] == 0) return NULL;
    for (const name *one = &NAMES[first_name[*p]]; one->text[0] == (char)*p; one++)
        if (one->length == n && memcmp(one->text, p, n) == 0) return one;
    return NULL;
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
    if (n == 2 && *p == 'D' && p[1] >= '1' && p[1] <= '5') return DEBUG; /* MongoDB's */
    return level_of_word(p, n, 1);
}

/* OpenTelemetry's 1 to 24. */
static int level_of_otlp(int64_t number) {
    return number < 1 ? -1 : number < 9 ? DEBUG : number < 13 ? INFO : number < 17 ? WARNING : number < 21 ? ERROR_ : CRITICAL;
}

static int level_of_field(const name *field, const byte *p, const byte *end, int quoted) {
    double number;
    int is_otlp = field->length == 14;
    if (quoted && !is_otlp) return field->length == 1 && left(p, end) > 2 ? -1 : level_of_text(p, end);
    if (field->length == 1 || !read_number(p, end, &number) || number < 0 || number >= 100) return -1;
    return is_otlp ? level_of_otlp((int64_t)number) : level_of_number((int64_t)number);
}

static int time_of_field(const found *f, const byte *p, const byte *end, int quoted, stamp *at) {
    double number;
    if (quoted && !are_digits(p, end, 10) && read_time_by(f->memory ? &f->memory->inner : NULL, p, end, f->reference, at)) return 1;
    at->zoneless = 0;
    return read_number(p, end, &number) && read_time_number(number, &at->ms);
}

/* One field with a scalar value. `quoted`: [p, end) is the inside of a string. */
static void take_field(found *f, const name *field, const byte *p, const byte *end, int quoted, int escaped) {
    parsed *out = f->out;
    if (field->rank >= f->ranks[field->kind]) return;
    if (field->kind == LEVEL_FIELD) {
        int level = level_of_field(field, p, end, quoted);
        if (level < 0) return;
        out->level = level;
    } else if (field->kind == TIME_FIELD) {
        stamp at;
        if (!time_of_field(f, p, end, quoted, &at)) return;
        out->timed = 1, out->ms = at.ms, out->zoneless = at.zoneless;
    } else {
        if (!quoted) return;
        out->message = p, out->message_end = end, out->escaped = escaped;
    }
    f->ranks[field->kind] = field->rank;
}

/* A field of an object inside the record: of its log, its time, its body. */
static void take_inner_field(found *f, enum place place, const name *outer, const byte *key, size_t n, const byte *p, const byte *end, int quoted, int escaped) {
    if (place == IN_LOG && equals(key, n, "level")) take_field(f, name_of((const byte *)"log.level", 9), p, end, quoted, escaped);
    if (place == IN_BODY && equals(key, n, "stringValue")) take_field(f, outer, p, end, quoted, escaped);
    if (place != IN_TIME) return;
    if (equals(key, n, "$date")) take_field(f, outer, p, end, quoted, escaped);
    if (equals(key, n, "seconds")) f->has_seconds = read_number(p, end, &f->seconds);
    if (equals(key, n, "nanos") && !read_number(p, end, &f->nanos)) f->nanos = 0;
}

/* {"seconds":1795510800,"nanos":5000000}, as protocol buffers write a time. */
static void take_seconds(found *f, const name *field) {
    int64_t ms;
    if (!f->has_seconds || field->rank >= f->ranks[TIME_FIELD] || f->seconds < 1e8 || !read_time_number(f->seconds, &ms)) return;
    if (f->nanos >= 0 && f->nanos < 1e9) ms += (int64_t)(f->nanos / 1e6);
    f->ranks[TIME_FIELD] = field->rank;
    f->out->timed = 1, f->out->ms = ms, f->out->zoneless = 0;
}

/* The lowest high bit is that of the first byte that is c; bits above it may be wrong. */
static inline uint64_t has_byte(uint64_t x, byte c) {
    const uint64_t ones = 0x0101010101010101ull;
    x ^= ones * c;
    return (x - ones) & ~x & ones * 0x80;
}

/* The end of the string whose inside begins at p (at its closing quote), or NULL. */
const byte *string_end(const byte *p, const byte *end, int *escaped) {
    *escaped = 0;
    for (;;) {
        for (; left(p, end) >= 8; p += 8) {
            uint64_t x = load(p), hit = has_byte(x, '"') | has_byte(x, '\\');
            if (hit == 0) continue;
            p += __builtin_ctzll(hit) / 8;
            break;
        }
        while (p < end && *p != '"' && *p != '\\') p++;
        if (p >= end) return NULL;
        if (*p == '"') return p;
        *escaped = 1;
        if (left(p, end) < 2) return NULL;
        p += 2;
    }
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

static const byte *read_object(const byte *p, const byte *end, found *f, enum place place, const name *outer);

/* The object at p inside the record; one level down is looked at, where its name says that there is something. */
static const byte *read_inner(const byte *p, const byte *end, found *f, const byte *key, size_t n, const name *field) {
    if (field && field->kind == TIME_FIELD) {
        f->has_seconds = 0;
        f->nanos = 0;
        p = read_object(p + 1, end, f, IN_TIME, field);
        if (p) take_seconds(f, field);
        return p;
    }
    if (equals(key, n, "log")) return read_object(p + 1, end, f, IN_LOG, NULL);
    if (equals(key, n, "body")) return read_object(p + 1, end, f, IN_BODY, field);
    return skip_nested(p, end);
}

/* The value at p of a field; returns behind it, or NULL. */
static const byte *read_value(const byte *p, const byte *end, found *f, enum place place, const name *outer, const byte *key, size_t n) {
    const name *field = place == RECORD ? name_of(key, n) : NULL;
    const byte *value = p, *after;
    int quoted = 0, escaped = 0;
    if (*p == '{' && place == RECORD) return read_inner(p, end, f, key, n, field);
    if (*p == '{' || *p == '[') return skip_nested(p, end);
    if (*p == '"') {
        quoted = 1;
        value = p + 1;
        p = string_end(value, end, &escaped);
        if (p == NULL) return NULL;
        after = p + 1;
        f->escapes |= escaped;
    } else {
        while (p < end && *p != ',' && *p != '}' && !is_blank(*p)) p++;
        if (p == value) return NULL;
        after = p;
    }
    if (field) take_field(f, field, value, p, quoted, escaped);
    else if (place != RECORD) take_inner_field(f, place, outer, key, n, value, p, quoted, escaped);
    return after;
}

/* The fields of the object whose inside begins at p; returns behind its brace, or NULL when it is not JSON. */
static const byte *read_object(const byte *p, const byte *end, found *f, enum place place, const name *outer) {
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
        p = read_value(p, end, f, place, outer, key, left(key, key_end));
        if (p == NULL) return NULL;
        p = skip_space(p, end);
        if (p >= end) return NULL;
        if (*p == '}') return p + 1;
        if (*p != ',') return NULL;
        p++;
    }
    return NULL;
}

/* The object that is all of [p, end). `said`: how many of level, time and message it has. */
int parse_json(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    *out = NOTHING;
    out->message = p;
    out->message_end = end;
    found f = new_found(reference, m, out);
    const byte *after = read_object(p + 1, end, &f, RECORD, NULL);
    if (after == NULL || skip_space(after, end) != end) {
        *out = NOTHING;
        return 0;
    }
    out->marked = 1;
    out->escapes = f.escapes;
    for (int kind = 0; kind < KINDS; kind++) out->said += f.ranks[kind] != UNRANKED;
    return 1;
}

/* key=value pairs to the end of the line, of which at least two are a level, a time or a message. */
int parse_logfmt(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out) {
    parsed made = NOTHING;
    found f = new_found(reference, m, &made);
    made.message = p;
    made.message_end = end;
    while (p < end) {
        const byte *key = p, *value, *value_end;
        int escaped = 0;
        if (!is_alpha(*p) && *p != '_' && *p != '@') return 0;
        while (p < end && (is_word(*p) || (*p && strchr(".@/-", *p)))) p++;
        const name *field = name_of(key, left(key, p));
        if (p >= end || *p != '=') return 0;
        value = ++p;
        if (p < end && *p == '"') {
            value_end = string_end(++value, end, &escaped);
            if (value_end == NULL) return 0;
            p = value_end + 1;
        } else {
            while (p < end && !is_blank(*p) && *p != '"') p++;
            value_end = p;
        }
        if (field) take_field(&f, field, value, value_end, 1, escaped);
        if (p < end && !is_blank(*p)) return 0;
        p = skip_blanks(p, end);
    }
    for (int kind = 0; kind < KINDS; kind++) made.said += f.ranks[kind] != UNRANKED;
    if (made.said < 2) return 0;
    made.marked = 1;
    *out = made;
    return 1;
}
