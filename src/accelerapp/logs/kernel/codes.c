/* Terminal codes (ECMA-48): colours and the like, as they are and as JSON spells them. */
#include "text.h"

enum { ESCAPE = 0x1B, BELL = 7, LONGEST_CODE = 256 };

/* How many bytes spell the character at p, by its number, as JSON may; 0 when they do not. */
static size_t spelled(const byte *p, const byte *end, byte character) {
    static const char figures[] = "0123456789abcdef";
    if (p < end && *p == character) return 1;
    int is_so = left(p, end) >= 6 && memcmp(p, "\\u00", 4) == 0 && p[4] == figures[character >> 4] && (p[5] | 32) == (figures[character & 15] | 32);
    return is_so ? 6 : 0;
}

/* Behind the text of an operating system command, such as a title or a link. */
static const byte *behind_text(const byte *p, const byte *end) {
    const byte *limit = left(p, end) > LONGEST_CODE ? p + LONGEST_CODE : end;
    for (const byte *q = p; q < limit; q++) {
        size_t n = spelled(q, end, BELL);
        if (n) return q + n;
        n = spelled(q, end, ESCAPE);
        if (n && left(q + n, end) >= 1 && q[n] == '\\') return q + n + (left(q + n, end) >= 2 && n == 6 && q[n + 1] == '\\' ? 2 : 1);
    }
    return p; /* without an end it is no code */
}

/* Behind the code at p; p when none begins there. */
static const byte *behind_code(const byte *p, const byte *end) {
    size_t n = spelled(p, end, ESCAPE);
    if (n == 0) return p;
    p += n;
    if (p >= end) return p;
    if (*p == ']') return behind_text(p + 1, end);
    if (*p == '[') {
        const byte *q = p + 1;
        while (q < end && *q >= 0x30 && *q <= 0x3F && q - p < LONGEST_CODE) q++;
        return q < end && *q >= 0x40 && *q <= 0x7E && *q != '\\' ? q + 1 : q;
    }
    return strchr("()", *p) && *p && left(p, end) >= 2 && is_upper(p[1]) ? p + 2 : p; /* a set of characters */
}

/* Is there a code in [p, end)? */
int has_codes(const byte *p, const byte *end, int escapes) {
    if (memchr(p, ESCAPE, left(p, end))) return 1;
    if (!escapes) return 0;
    for (const byte *q = p; (q = memchr(q, '\\', left(q, end))) != NULL; q += left(q, end) >= 2 ? 2 : 1)
        if (spelled(q, end, ESCAPE)) return 1;
    return 0;
}

/* [p, end) without codes into `out`, which has room for as much; the length. */
size_t strip_codes(const byte *p, const byte *end, byte *out) {
    byte *start = out;
    while (p < end) {
        const byte *after = behind_code(p, end);
        if (after > p) {
            p = after;
        } else if (*p == '\\' && left(p, end) >= 2 && p[1] != ESCAPE) { /* what is escaped is no beginning of another escape */
            *out++ = *p++;
            *out++ = *p++;
        } else {
            *out++ = *p++;
        }
    }
    return (size_t)(out - start);
}
