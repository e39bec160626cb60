/* Traces: which lines belong to the record before them. Python's, Java's and Go's. */
#include "scanner.h"

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
int continues(scanner *s, const byte *p, const byte *end) {
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

void add_trace(scanner *s, const byte *p, const byte *end) {
    s->traced = 1;
    if (s->open_entry == UINT32_MAX) return;
    entry *e = &s->entries[s->open_entry];
    size_t used = e->example_length - e->message_length, n = left(p, end);
    if (used + n + 1 > TRACE_LIMIT || s->arena_used != e->example + e->example_length) return;
    keep_example(s, (const byte *)"\n", 1);
    keep_example(s, p, n);
    if (!s->failed) e->example_length += (uint32_t)n + 1;
}

/* The trace that a record begins with. */
enum trace trace_begun(const byte *p, const byte *end) {
    if (*p == 'T') return starts_with(p, end, "Traceback (most") ? PYTHON : NO_TRACE;
    if (*p != 'p' && *p != 'f' && *p != 'g') return NO_TRACE;
    return starts_with(p, end, "panic: ") || starts_with(p, end, "fatal error: ") || starts_with(p, end, "goroutine ") ? GO : NO_TRACE;
}

/* Does the line begin the trace of an exception that nobody logged, and that ends the program? One that was logged follows its
 * record, which is a warning or worse, or tells of it in passing to whoever debugs. */
int is_uncaught(const scanner *s, const byte *p, const byte *end) {
    if (*p != 'T' || !starts_with(p, end, "Traceback (most recent call last):")) return 0;
    return !s->open || (!s->traced && s->trace == NO_TRACE && (s->open_level == NONE || s->open_level == INFO));
}

/* What stands behind `Exception in thread "main" `, by which Java tells of an exception that nobody caught; or NULL. */
const byte *behind_java_thread(const byte *p, const byte *end) {
    static const char head[] = "Exception in thread \"";
    if (*p != 'E' || !starts_with(p, end, head)) return NULL;
    p += sizeof head - 1;
    const byte *close = memchr(p, '"', left(p, end) < 200 ? left(p, end) : 200);
    return close && left(close, end) > 2 && close[1] == ' ' ? close + 2 : NULL;
}

/* Does a line belong to a trace by its own words? */
EXPORT int line_continues(const byte *p, size_t n) {
    return n > 0 && (is_blank(*p) || trace_head(p, p + n) != NO_TRACE || is_exception(p, p + n));
}
