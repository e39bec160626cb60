/* Throws mutated logs at the kernel, cut at random places, and checks that the counts add up, that cuts change nothing, that what is
 * remembered of lines before changes nothing, and that all ways to make a skeleton agree.
 *
 *   cc -g -O1 -fsanitize=address,undefined -fno-sanitize-recover -I src/accelerapp/logs/kernel -o /tmp/fuzz \
 *      tests/logs/fuzz/fuzz_kernel.c src/accelerapp/logs/kernel/[a-z]*.c -lm
 *   /tmp/fuzz SECONDS SEED LOGFILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

typedef struct scanner scanner;
typedef struct {
    uint64_t hash;
    int64_t count, first, last;
    uint32_t example, message_length, example_length;
    int32_t level, escaped;
} entry;
scanner *scanner_new(int64_t reference, int64_t since, int64_t until);
void scanner_free(scanner *s);
int scanner_feed(scanner *s, const byte *p, size_t n);
int scanner_finish(scanner *s);
const int64_t *scanner_totals(const scanner *s);
const entry *scanner_entries(const scanner *s, uint32_t *count);
int line_parse(const byte *p, size_t n, int64_t reference, int64_t *out);
int line_continues(const byte *p, size_t n);

size_t line_skeleton(const byte *p, size_t n, int way, byte *out);

static uint64_t state;
static uint64_t next(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static const char *const PIECES[] = {
    "\n", "\r\n", "{\"log\":\"", "\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-24T09:00:00Z\"}\n", "2026-11-24T09:00:00.1Z stdout P ",
    "2026-11-24T09:00:00.1Z stderr F ", "Traceback (most recent call last):\n", "\tat a.b(C.java:1)\n", "Caused by: ", "goroutine 1 [running]:\n",
    "{\"level\":\"error\",\"time\":1795510800.5,\"msg\":\"", "\\u00e9\\", "level=error ts=2026-11-24T09:00:00Z msg=\"", "<165>1 ", "E1124 09:00:00.1  1 f.go:1] ",
    "1.2.3.4 - - [24/Nov/2026:09:00:00 +0100] \"GET / HTTP/1.1\" 500 1", "\xff\xfe\x80", "ERROR:root:", "[[[[", "::::", "1795510800", "KeyError: x\n",
    "\x1b[31mERROR\x1b[0m ", "\\u001b[1m", "\x1b]8;;a\x07", "\x1b", "E, [2026-11-24T09:00:00.1 #1] ERROR -- : x\n", "shop-1  | {\"level\":\"error\",",
    "{\"timestamp\":{\"seconds\":1795510800,\"nanos\":5},", "\"timeUnixNano\":\"1795510800000000000\",", "20261124T090000Z ", "2026-11-24T09:00Z ",
};
enum { PIECE_COUNT = sizeof(PIECES) / sizeof(PIECES[0]), SIZE = 1 << 16 };

static uint64_t scan(const byte *data, size_t n, int cut, int64_t *records) {
    scanner *s = scanner_new(1795510800000, cut % 3 ? INT64_MIN + 1 : 1700000000000, INT64_MAX);
    uint64_t kept = state;
    for (size_t at = 0; at < n;) {
        size_t here = cut == 0 ? n : 1 + next() % (cut == 1 ? 7 : 5000);
        if (here > n - at) here = n - at;
        byte *copy = malloc(here); /* so that the sanitizer sees every byte read beyond it */
        memcpy(copy, data + at, here);
        if (scanner_feed(s, copy, here)) abort();
        free(copy);
        at += here;
    }
    if (scanner_finish(s)) abort();
    state = kept;
    uint32_t count;
    const entry *entries = scanner_entries(s, &count);
    int64_t sum = 0;
    uint64_t hash = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += entries[i].count;
        hash += entries[i].hash ^ (uint64_t)entries[i].count ^ (uint64_t)entries[i].example_length;
    }
    *records = scanner_totals(s)[0];
    if (sum != *records) abort();
    scanner_free(s);
    return hash;
}

static void differ(const byte *data, size_t n, const char *what) {
    fprintf(stderr, "%s changes the result\n", what);
    FILE *f = fopen("/tmp/fuzz-found", "wb");
    fwrite(data, 1, n, f), fclose(f);
    abort();
}

/* Each line by itself and with the memory of those before; its skeleton by all ways. */
static void compare_lines(const byte *data, size_t n) {
    static memory m;
    for (size_t at = 0, length; at < n; at += length + 1) {
        const byte *stop = memchr(data + at, '\n', n - at);
        length = stop ? (size_t)(stop - data) - at : n - at;
        byte *line = malloc(length + PADDING), *made = malloc(length + PADDING), *again = malloc(length + PADDING);
        memcpy(line, data + at, length);
        for (size_t i = 0; i < PADDING; i++) line[length + i] = (byte)next();
        parsed one, other;
        parse_line(line, line + length, 1795510800000, NULL, &one);
        parse_line(line, line + length, 1795510800000, &m, &other);
        if (one.marked != other.marked || one.level != other.level || one.timed != other.timed || one.ms != other.ms || one.zoneless != other.zoneless ||
            one.message != other.message || one.message_end != other.message_end || one.escaped != other.escaped)
            differ(line, length, "what came before");
        size_t size = line_skeleton(line, length, 0, made);
        for (int way = 1; way < 3; way++)
            if (line_skeleton(line, length, way, again) != size || memcmp(made, again, size)) differ(line, length, "the way to a skeleton");
        free(line), free(made), free(again);
    }
}

int main(int argc, char **argv) {
    static byte seeds[1 << 24], data[SIZE + 4096];
    size_t seed_size = 0, runs = 0;
    time_t stop = time(NULL) + atoi(argv[1]);
    state = strtoull(argv[2], NULL, 10) * 2654435761u + 1;
    for (int i = 3; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (f) seed_size += fread(seeds + seed_size, 1, sizeof(seeds) - seed_size, f), fclose(f);
    }
    while (time(NULL) < stop) {
        size_t n = 0, want = next() % SIZE;
        while (n < want) {
            if (seed_size > 2000 && next() % 3) {
                size_t length = next() % 600, from = next() % (seed_size - 600);
                memcpy(data + n, seeds + from, length);
                n += length;
            } else {
                const char *piece = PIECES[next() % PIECE_COUNT];
                memcpy(data + n, piece, strlen(piece));
                n += strlen(piece);
            }
        }
        for (size_t i = next() % 40; i; i--)
            if (n) data[next() % n] = (byte)(next() % 4 ? " \n\"{}[]:\\=0123456789-T\t\0"[next() % 24] : next());
        int64_t one, other, out[6];
        uint64_t a = scan(data, n, 0, &one), b = scan(data, n, 3, &other);
        if (a != b || one != other) differ(data, n, "where the bytes are cut");
        compare_lines(data, n);
        if (n < 3000) scan(data, n, 1, &one);
        for (size_t i = 0; i < 20 && n > 300; i++) {
            size_t length = next() % 300, from = next() % (n - length);
            byte *copy = malloc(length + 1);
            memcpy(copy, data + from, length);
            byte *exact = realloc(copy, length ? length : 1);
            if (line_parse(exact, length, 1795510800000, out) >= 0 && (out[0] < 0 || out[1] < out[0] || out[1] > (int64_t)length)) abort();
            line_continues(exact, length);
            free(exact);
        }
        runs++;
    }
    printf("%zu runs, nothing found\n", runs);
    return 0;
}
