/* Bytes and words. */
#ifndef ACCELERAPP_TEXT_H
#define ACCELERAPP_TEXT_H

#include "kernel.h"
#include <string.h>

static inline int is_digit(byte c) { return (byte)(c - '0') < 10; }
static inline int is_upper(byte c) { return (byte)(c - 'A') < 26; }
static inline int is_lower(byte c) { return (byte)(c - 'a') < 26; }
static inline int is_alpha(byte c) { return (byte)((c | 32) - 'a') < 26; }
static inline int is_word(byte c) { return is_alpha(c) || is_digit(c) || c == '_' || c >= 0x80; }
static inline int is_blank(byte c) { return c == ' ' || c == '\t'; }

/* What a byte can be in the header of a line. */
enum { STRIPPED = 1, HEADERISH = 2, RULE = 4, SEPARATING = 8, LOWER = 16, HOST = 32, PROGRAM = 64, ZONISH = 128 };
extern const byte classes[256];
static inline int has(byte c, int class) { return classes[c] & class; }
static inline size_t left(const byte *p, const byte *end) { return (size_t)(end - p); }

/* Eight bytes as a number, the first one lowest, on any machine. */
static inline uint64_t load(const byte *p) {
    uint64_t x;
    memcpy(&x, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static inline const byte *skip_blanks(const byte *p, const byte *end) {
    while (p < end && is_blank(*p)) p++;
    return p;
}

static inline int starts_with(const byte *p, const byte *end, const char *text) {
    size_t n = strlen(text);
    return left(p, end) >= n && memcmp(p, text, n) == 0;
}

static inline int equals(const byte *p, size_t n, const char *text) { return strlen(text) == n && memcmp(p, text, n) == 0; }

/* Do n digits stand here? */
static inline int are_digits(const byte *p, const byte *end, size_t n) {
    if (left(p, end) < n) return 0;
    for (size_t i = 0; i < n; i++)
        if (!is_digit(p[i])) return 0;
    return 1;
}

/* A number of exactly n digits, at most 9, or -1. */
static inline int digits(const byte *p, const byte *end, int n) {
    int value = 0;
    if (left(p, end) < (size_t)n) return -1;
    for (int i = 0; i < n; i++) {
        if (!is_digit(p[i])) return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

#endif
