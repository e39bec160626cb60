/* Severity: the words and numbers for it, and the places where it stands. */
#include "text.h"

#define DIGIT (HEADERISH | HOST | PROGRAM | ZONISH)
#define SMALL (LOWER | HOST | PROGRAM)
#define LARGE (HOST | PROGRAM)
const byte classes[256] = {
    ['0'] = DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT,
    ['a'] = SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL,
    SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL,
    ['A'] = LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE,
    LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE,
    [' '] = STRIPPED | SEPARATING, ['\t'] = STRIPPED | SEPARATING,
    ['['] = STRIPPED | HEADERISH, [']'] = STRIPPED | HEADERISH | SEPARATING, ['('] = STRIPPED | HEADERISH,
    [')'] = STRIPPED | HEADERISH | SEPARATING, ['<'] = STRIPPED | HEADERISH, ['>'] = STRIPPED | HEADERISH,
    [':'] = STRIPPED | RULE | SEPARATING | HOST, ['|'] = STRIPPED | RULE | SEPARATING,
    ['-'] = STRIPPED | HEADERISH | RULE | SEPARATING | HOST | PROGRAM | ZONISH, [','] = STRIPPED,
    ['.'] = HEADERISH | HOST | PROGRAM, ['{'] = HEADERISH, ['}'] = HEADERISH, ['/'] = HEADERISH | PROGRAM,
    ['@'] = HEADERISH | PROGRAM, ['#'] = HEADERISH, ['$'] = HEADERISH, ['_'] = HEADERISH | HOST | PROGRAM,
    ['='] = HEADERISH, ['+'] = ZONISH, ['Z'] = LARGE | ZONISH, ['U'] = LARGE | ZONISH, ['G'] = LARGE | ZONISH,
};

typedef struct {
    const char *text;
    byte length, level;
} word;

#define W(text, level) {text, sizeof(text) - 1, level}
static const word words[] = {
    W("alert", CRITICAL), W("critical", CRITICAL), W("crit", CRITICAL), W("debug", DEBUG), W("detail", INFO),
    W("debug1", DEBUG), W("debug2", DEBUG), W("debug3", DEBUG), W("debug4", DEBUG), W("debug5", DEBUG),
    W("error", ERROR_), W("err", ERROR_), W("emerg", CRITICAL), W("emergency", CRITICAL), W("eror", ERROR_),
    W("fatal", CRITICAL), W("fine", DEBUG), W("finer", DEBUG), W("finest", DEBUG), W("failure", ERROR_),
    W("hint", INFO), W("info", INFO), W("information", INFO), W("informational", INFO), W("log", INFO),
    W("notice", INFO), W("panic", CRITICAL), W("severe", ERROR_), W("statement", INFO), W("trace", DEBUG),
    W("verbose", DEBUG), W("warn", WARNING), W("warning", WARNING),
};
enum { LONGEST = 13, MOST_TOKENS = 6 };
/* Where the words of a letter begin in the list; the last is the end. */
static const byte first_of[27] = {0, 1, 1, 3, 10, 15, 20, 20, 21, 24, 24, 24, 25, 25, 26, 26, 27, 27, 27, 29, 30, 30, 31, 33, 33, 33, 33};

/* The level that a word names in any case, or -1; single letters only where a format has them. */
int level_of_word(const byte *p, size_t n, int letters) {
    static const char letter[] = "facewinhdtv", letter_level[] = {5, 5, 5, 4, 3, 2, 2, 2, 1, 1, 1};
    byte lower[LONGEST];
    if (n == 0 || n > LONGEST) return -1;
    if (n == 1) {
        const char *found = letters ? strchr(letter, *p | 32) : NULL;
        if (!found || *p == 0 || (*p | 32) == 'c' || (*p | 32) == 'h') return -1;
        return letter_level[found - letter];
    }
    if (!is_alpha(*p)) return -1;
    int letter_number = (*p | 32) - 'a';
    for (int i = first_of[letter_number]; i < first_of[letter_number + 1]; i++) {
        if (words[i].length != n || words[i].text[1] != (p[1] | 32)) continue;
        for (size_t k = 0; k < n; k++) lower[k] = p[k] | 32;
        if (memcmp(words[i].text, lower, n) == 0) return words[i].level;
    }
    return -1;
}

/* RFC 5424: 0 emergency to 7 debug. */
int level_of_syslog(int severity) {
    static const byte levels[] = {CRITICAL, CRITICAL, CRITICAL, ERROR_, WARNING, INFO, INFO, DEBUG};
    return levels[severity & 7];
}

/* Syslog's 0 to 7, or 10 to 60 as bunyan and pino have it. */
int level_of_number(int64_t number) {
    if (number < 8) return level_of_syslog((int)number);
    return number >= 60 ? CRITICAL : number >= 50 ? ERROR_ : number >= 40 ? WARNING : number >= 30 ? INFO : DEBUG;
}

/* One token of a header: a bracketed one with a colon behind it, a word with up to two colons, or a rule. */
static const byte *token_end(const byte *p, const byte *end) {
    const byte *q = p;
    if (*p == '[' || *p == '(' || *p == '<') {
        for (q++; q < end && *q != ']' && *q != ')' && *q != '>'; q++)
            if (q - p > 200) break;
        if (q < end && (*q == ']' || *q == ')' || *q == '>')) {
            q++;
            return q < end && *q == ':' ? q + 1 : q;
        }
        q = p;
    }
    while (q < end && !is_blank(*q) && *q != ':' && *q != '|') q++;
    if (q > p) {
        for (int i = 0; i < 2 && q < end && *q == ':'; i++) q++;
        return q;
    }
    while (q < end && (*q == ':' || *q == '|' || *q == '-')) q++;
    return q > p ? q : p + 1;
}

/* The part of a token that may be a level: brackets away, behind the last colon or dot. */
static const byte *core_of(const byte *p, const byte *end, size_t *n) {
    while (p < end && has(*p, STRIPPED)) p++;
    while (end > p && has(end[-1], STRIPPED)) end--;
    const byte *start = end;
    while (start > p && start[-1] != ':' && start[-1] != '.' && !is_blank(start[-1])) start--;
    *n = left(start, end);
    return start;
}

static int has_blank(const byte *p, const byte *end) {
    for (; p < end; p++)
        if (is_blank(*p)) return 1;
    return 0;
}

static int all_upper(const byte *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (is_lower(p[i])) return 0;
    return n > 0;
}

static int is_headerish(const byte *p, const byte *end) {
    for (; p < end; p++)
        if (has(*p, HEADERISH)) return 1;
    return 0;
}

static int is_rule(const byte *p, const byte *end) {
    for (; p < end; p++)
        if (!has(*p, RULE)) return 0;
    return 1;
}

static const byte *skip_separators(const byte *p, const byte *end) {
    while (p < end && has(*p, SEPARATING)) p++;
    return p;
}

/* `ERROR:name:message`, as Python's logging writes by default. */
static int python_basic(const byte *p, const byte *end, const byte **message) {
    const byte *q = p;
    while (q < end && is_upper(*q) && q - p < 9) q++;
    if (q - p < 4 || q >= end || *q != ':') return -1;
    int level = level_of_word(p, left(p, q), 0);
    if (level < 0) return -1;
    for (q++; q < end && (is_word(*q) || *q == '.'); q++) {}
    if (q >= end || *q != ':') return -1;
    *message = q + 1;
    return level;
}

/* `  17  23 D tag: message`, as Android's logcat writes. */
static int logcat(const byte *p, const byte *end, const byte **message) {
    for (int i = 0; i < 2; i++) {
        p = skip_blanks(p, end);
        if (p >= end || !is_digit(*p)) return -1;
        while (p < end && is_digit(*p)) p++;
        if (p >= end || !is_blank(*p)) return -1;
    }
    p = skip_blanks(p, end);
    if (left(p, end) < 2 || !strchr("VDIWEFA", *p) || *p == 0 || !is_blank(p[1])) return -1;
    *message = skip_blanks(p + 1, end);
    return level_of_word(p, 1, 1);
}

/* The level in the header that begins at p, or -1; *message is where the message begins behind it.
 *
 * A level is a word in capitals, in brackets, or before a colon, and only words of a header may stand before it:
 * bracketed ones, ones with digits or signs, and `plain_allowed` plain ones. */
int find_level(const byte *p, const byte *end, int plain_allowed, const byte **message) {
    int level = python_basic(p, end, message);
    if (level < 0) level = logcat(p, end, message);
    if (level >= 0) return level;
    int plain = 0;
    for (int i = 0; i < MOST_TOKENS; i++) {
        p = skip_blanks(p, end);
        if (p >= end) break;
        const byte *q = token_end(p, end);
        size_t n;
        const byte *core = core_of(p, q, &n);
        level = level_of_word(core, n, 0);
        if (level >= 0) {
            int bracketed = *p == '[' || *p == '(' || *p == '<';
            int stands = bracketed ? !has_blank(p, q) : all_upper(core, n) || q[-1] == ':' || (q < end && (*q == ':' || *q == '|'));
            if (stands) {
                *message = skip_separators(q, end);
                return level;
            }
        }
        if (!is_headerish(p, q) && !is_rule(p, q)) {
            plain++;
            if (plain > plain_allowed || q[-1] == ':') break;
        }
        p = q;
    }
    return -1;
}
