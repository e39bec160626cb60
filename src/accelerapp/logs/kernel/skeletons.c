/* The skeleton of a message: its words that bear no digit, with a figure for each run of words that do.
 *
 * A word is what stands between separators. Of a word that bears a digit nothing is left but MARK; of the words like it
 * right behind it, and of what separates them, nothing at all. A blank is kept only right behind a word, so that padding
 * changes nothing. There are three ways to make it, by what the processor has; all make the same bytes, and the hash of
 * those is the same everywhere.
 */
#include "text.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define HAS_WIDE 1
#include <immintrin.h>
#endif

enum { BLOCK = 64, MARK = '0' }; /* no word that is kept bears a digit */

/* What is made so far. `in_mask`: the last word bore a digit. `after_word`: a word ends right before what comes. */
typedef struct {
    byte *out;
    uint64_t in_mask, after_word;
} maker;

enum { SEPARATOR = 1, FIGURE = 2 };
#define X8(kind) kind, kind, kind, kind, kind, kind, kind, kind
#define S SEPARATOR
static const byte kinds[256] = {
    X8(S), X8(S), X8(S), X8(S), S, 0, S, 0, 0, 0, 0, S, S, S, 0, 0, S, 0, 0, 0, X8(FIGURE), FIGURE, FIGURE, S, S, S, S, S, 0,
    ['['] = S, [']'] = S, ['{'] = S, ['|'] = S, ['}'] = S,
};

/* Separators up to `start`, then the word to `end`, which may be empty. */
static void take_word(maker *m, const byte *p, const byte *start, const byte *end, int is_masked) {
    if (is_masked && m->in_mask) return;
    for (int after_word = (int)m->after_word; p < start; after_word = 0, p++)
        if (*p != ' ' || after_word) *m->out++ = *p;
    if (is_masked) {
        *m->out++ = MARK;
    } else {
        memcpy(m->out, start, left(start, end));
        m->out += left(start, end);
    }
    m->in_mask = is_masked != 0;
    m->after_word = 1;
}

/* One word with the separators before it; returns its end. */
static const byte *take_next(maker *m, const byte *p, const byte *end) {
    const byte *start = p, *stop;
    int seen = 0;
    while (start < end && kinds[*start] == SEPARATOR) start++;
    for (stop = start; stop < end && kinds[*stop] != SEPARATOR; stop++) seen |= kinds[*stop];
    take_word(m, p, start, stop, seen == FIGURE);
    return stop;
}

static size_t make_plainly(const byte *p, const byte *end, byte *out) {
    maker m = {out, 0, 0};
    while (p < end) p = take_next(&m, p, end);
    return (size_t)(m.out - out);
}

#if HAS_WIDE
#define WIDE __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WIDEST __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))

/* Bit i: p[i] is a separator, a digit, a blank. */
typedef struct {
    uint64_t separators, figures, blanks;
} bits;

/* What is kept of a block, and where a MARK is put: the whole words in it and the separators before them. */
typedef struct {
    uint64_t kept, marks;
    size_t length; /* so many bytes of the block these are; 0 when its first word does not end in it */
} choice;

/* Words are counted by bits too: pext makes one bit per word, pdep puts such bits back to where words begin or end; the
 * difference of two such sets is all that is between. */
WIDE static inline choice choose(bits found, maker *m) {
    uint64_t words = ~found.separators, starts = words & ~(words << 1), ends = found.separators & (words << 1);
    if (ends == 0) return (choice){0, 0, 0};
    uint64_t behind = ends ^ (1ull << (63 - __builtin_clzll(ends))); /* all ends but the last */
    size_t length = 63 - (size_t)__builtin_clzll(ends);
    uint64_t inside = (1ull << length) - 1;
    starts &= inside;
    uint64_t clean_ends = ((words & ~found.figures) + starts) & ends; /* the carry runs through a word without a digit */
    uint64_t masked = _pext_u64(~clean_ends, ends), again = masked & (masked << 1 | m->in_mask);
    uint64_t masked_words = _pdep_u64(masked, ends) - _pdep_u64(masked, starts);
    uint64_t dropped = _pdep_u64(again, ends) - _pdep_u64(again >> 1, ends) - (again & 1);
    uint64_t padding = found.blanks & ~(words << 1 | m->after_word);
    choice made = {0, starts & masked_words & ~dropped, length};
    made.kept = inside & ~padding & ~dropped & (~masked_words | starts);
    m->in_mask = masked >> (__builtin_popcountll(behind)) & 1;
    m->after_word = 1;
    return made;
}

/* Separators by the halves of a byte: a table says for the lower half in which rows of the code table it is one. */
WIDE static inline bits classify_wide(const byte *p) {
    const __m256i lower = _mm256_broadcastsi128_si256(_mm_setr_epi8(3, 1, 3, 1, 1, 1, 1, 3, 3, 3, 5, 29, 23, 29, 5, 1));
    const __m256i upper = _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 1, 2, 4, 0, 8, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i half = _mm256_set1_epi8(15), zero = _mm256_set1_epi8('0'), nine = _mm256_set1_epi8(9), blank = _mm256_set1_epi8(' ');
    uint32_t s[2], f[2], b[2];
    for (int i = 0; i < 2; i++) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(p + 32 * i));
        __m256i rows = _mm256_shuffle_epi8(upper, _mm256_and_si256(_mm256_srli_epi16(x, 4), half));
        __m256i hit = _mm256_and_si256(_mm256_shuffle_epi8(lower, x), rows), figure = _mm256_sub_epi8(x, zero);
        s[i] = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, _mm256_setzero_si256()));
        f[i] = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(figure, nine), figure));
        b[i] = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, blank));
    }
    return (bits){s[0] | (uint64_t)s[1] << 32, f[0] | (uint64_t)f[1] << 32, b[0] | (uint64_t)b[1] << 32};
}

/* The kept bytes, close together, eight at a time. */
WIDE static inline byte *pack_wide(const byte *p, choice c, byte *out) {
    const uint64_t ones = 0x0101010101010101ull;
    for (size_t i = 0; i < c.length; i += 8) {
        uint64_t kept = _pdep_u64(c.kept >> i, ones) * 0xFF, marks = _pdep_u64(c.marks >> i, ones);
        uint64_t x = (load(p + i) & ~(marks * 0xFF)) | marks * MARK;
        x = _pext_u64(x, kept);
        memcpy(out, &x, 8);
        out += __builtin_popcountll(c.kept >> i & 0xFF);
    }
    return out;
}

WIDE static size_t make_wide(const byte *p, const byte *end, byte *out) {
    maker m = {out, 0, 0};
    while (p < end) {
        bits found = classify_wide(p);
        if (left(p, end) < BLOCK) found.separators |= ~0ull << left(p, end); /* the message ends like a word */
        choice c = choose(found, &m);
        if (c.length) m.out = pack_wide(p, c, m.out);
        p = c.length ? p + c.length : take_next(&m, p, end);
    }
    return (size_t)(m.out - out);
}

WIDEST static inline bits classify_widest(__m512i x) {
    const __m512i lower = _mm512_broadcast_i32x4(_mm_setr_epi8(3, 1, 3, 1, 1, 1, 1, 3, 3, 3, 5, 29, 23, 29, 5, 1));
    const __m512i upper = _mm512_broadcast_i32x4(_mm_setr_epi8(1, 1, 2, 4, 0, 8, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0));
    __m512i rows = _mm512_shuffle_epi8(upper, _mm512_and_si512(_mm512_srli_epi16(x, 4), _mm512_set1_epi8(15)));
    return (bits){_mm512_test_epi8_mask(_mm512_shuffle_epi8(lower, x), rows),
                  _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8('0')), _mm512_set1_epi8(9)),
                  _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(' '))};
}

WIDEST static size_t make_widest(const byte *p, const byte *end, byte *out) {
    maker m = {out, 0, 0};
    while (p < end) {
        __m512i x = _mm512_loadu_si512(p);
        bits found = classify_widest(x);
        if (left(p, end) < BLOCK) found.separators |= ~0ull << left(p, end);
        choice c = choose(found, &m);
        if (c.length) {
            x = _mm512_mask_mov_epi8(x, c.marks, _mm512_set1_epi8(MARK));
            _mm512_storeu_si512(m.out, _mm512_maskz_compress_epi8(c.kept, x));
            m.out += __builtin_popcountll(c.kept);
        }
        p = c.length ? p + c.length : take_next(&m, p, end);
    }
    return (size_t)(m.out - out);
}
#endif

typedef size_t make(const byte *p, const byte *end, byte *out);

/* The way that this processor is quickest at, or the one of that number where it has it. */
static make *way_of(int number) {
#if HAS_WIDE
    __builtin_cpu_init();
    int is_wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    if (number >= 2 && is_wide && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")) return make_widest;
    if (number >= 1 && is_wide) return make_wide;
#endif
    (void)number;
    return make_plainly;
}

/* Both halves of the product, as one. */
static inline uint64_t fold(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t low = al * bl, middle = ah * bl + (low >> 32), other = al * bh + (uint32_t)middle;
    return ((other << 32) | (uint32_t)low) ^ (ah * bh + (middle >> 32) + (other >> 32));
#endif
}

#define ROW 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
/* From BLOCK - n on: n bytes to keep, then such to leave out. */
static const byte keeps[2 * BLOCK] = {ROW, ROW, ROW, ROW};

static inline uint64_t load_kept(const byte *p, const byte *keep, size_t at) { return load(p + at) & load(keep + at); }

/* In the manner of wyhash (Wang Yi): 16 bytes at a time are multiplied. A block is done as a whole, however little of it there is:
 * counting would cost more. PADDING as in `made` below. */
static uint64_t hash_of(const byte *p, size_t n) {
    const uint64_t k1 = 0xC2B2AE3D27D4EB4Full, k2 = 0x165667B19E3779F9ull, k3 = 0xD6E8FEB86659FD93ull, k4 = 0x9E3779B97F4A7C15ull;
    uint64_t h = 0x243F6A8885A308D3ull ^ n * k2;
    for (;; p += BLOCK, n -= BLOCK) {
        const byte *keep = keeps + BLOCK - (n < BLOCK ? n : BLOCK);
        uint64_t a = fold(load_kept(p, keep, 0) ^ k1, load_kept(p, keep, 8) ^ k2), b = fold(load_kept(p, keep, 16) ^ k3, load_kept(p, keep, 24) ^ k4);
        uint64_t c = fold(load_kept(p, keep, 32) ^ k2, load_kept(p, keep, 40) ^ k3), d = fold(load_kept(p, keep, 48) ^ k4, load_kept(p, keep, 56) ^ k1);
        h = fold(h + a + c, k1) ^ (b + (d << 1 | d >> 63));
        if (n <= BLOCK) return fold(h ^ k3, k4);
    }
}

static uint64_t hash_by(make *way, const byte *p, size_t n) {
    byte made[SKELETON_LIMIT + PADDING];
    return hash_of(made, way(p, p + (n > SKELETON_LIMIT ? SKELETON_LIMIT : n), made));
}

#if HAS_WIDE
static uint64_t hash_wide(const byte *p, size_t n) { return hash_by(make_wide, p, n); }
static uint64_t hash_widest(const byte *p, size_t n) { return hash_by(make_widest, p, n); }
#endif
static uint64_t hash_plainly(const byte *p, size_t n) { return hash_by(make_plainly, p, n); }

/* The hash of a message's skeleton, by the quickest way. The caller guarantees PADDING readable bytes behind the message. */
skeleton_function *skeleton_of_here(void) {
#if HAS_WIDE
    if (way_of(2) == make_widest) return hash_widest;
    if (way_of(1) == make_wide) return hash_wide;
#endif
    return hash_plainly;
}

/* The skeleton of n bytes with PADDING behind them, by the way of a number (0 to 2), into `out`, which has room for n and
 * PADDING; its length. For tests: all ways must say the same. */
EXPORT size_t line_skeleton(const byte *p, size_t n, int way, byte *out) {
    return way_of(way)(p, p + (n > SKELETON_LIMIT ? SKELETON_LIMIT : n), out);
}
