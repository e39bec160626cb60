/* What container runtimes write around a line, and the pieces they cut it into. */
#include "scanner.h"

/* A piece of a line that a runtime has cut; the whole is taken when its last piece is there. */
static void take_piece(scanner *s, const byte *p, const byte *end, int partial, int wrapped, int64_t ms) {
    size_t n = left(p, end);
    if (!partial && s->pieces_used == 0) {
        take_inner(s, p, end, wrapped, ms);
        return;
    }
    if (n > LINE_LIMIT - s->pieces_used) n = LINE_LIMIT - s->pieces_used;
    memcpy(s->pieces + s->pieces_used, p, n);
    s->pieces_used += n;
    if (partial && s->pieces_used < LINE_LIMIT) return;
    n = s->pieces_used;
    s->pieces_used = 0;
    s->coloured = 1; /* it may: its pieces are of other chunks */
    take_inner(s, s->pieces, s->pieces + n, wrapped, ms);
}

static int hex_of(byte c) { return is_digit(c) ? c - '0' : (byte)((c | 32) - 'a') < 6 ? (c | 32) - 'a' + 10 : -1; }

/* The text of a JSON string into the scratch, which is as large as a line may be: it only gets shorter. */
static size_t unescape(const byte *p, const byte *end, byte *out) {
    byte *start = out;
    while (p < end) {
        if (*p != '\\' || left(p, end) < 2) {
            *out++ = *p++;
            continue;
        }
        byte c = p[1];
        p += 2;
        if (c == 'u' && left(p, end) >= 4) {
            int value = 0;
            for (int i = 0; i < 4; i++) value = value < 0 || hex_of(p[i]) < 0 ? -1 : value * 16 + hex_of(p[i]);
            p += value < 0 ? 0 : 4;
            if (value < 0 || (value >= 0xD800 && value < 0xE000)) value = '?';
            if (value < 0x80) {
                *out++ = (byte)value;
            } else if (value < 0x800) {
                *out++ = (byte)(0xC0 | value >> 6);
                *out++ = (byte)(0x80 | (value & 63));
            } else {
                *out++ = (byte)(0xE0 | value >> 12);
                *out++ = (byte)(0x80 | (value >> 6 & 63));
                *out++ = (byte)(0x80 | (value & 63));
            }
        } else {
            *out++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
        }
    }
    return (size_t)(out - start);
}

/* {"log":"text\n","stream":"stdout","time":"…"} */
int take_docker(scanner *s, const byte *p, const byte *end) {
    const byte *text = p + 8, *close = text;
    for (;;) {
        close = memchr(close, '"', left(close, end));
        if (close == NULL) return 0;
        int slashes = 0;
        while (close - slashes > text && close[-1 - slashes] == '\\') slashes++;
        if (slashes % 2 == 0) break;
        close++;
    }
    const byte *q = close + 1;
    if (!starts_with(q, end, ",\"stream\":\"")) return 0;
    const byte *time = NULL;
    for (const byte *r = q; left(r, end) > 8; r++)
        if (*r == '"' && starts_with(r, end, "\"time\":\"")) {
            time = r + 8;
            break;
        }
    stamp at;
    int timed = time && read_time_by(&s->memory.outer, time, end, s->reference, &at);
    size_t n = unescape(text, close, s->scratch);
    int coloured = s->coloured;
    s->coloured = 1;
    int partial = n == 0 || s->scratch[n - 1] != '\n';
    while (n && (s->scratch[n - 1] == '\n' || s->scratch[n - 1] == '\r')) n--;
    memset(s->scratch + n, 0, PADDING);
    take_piece(s, s->scratch, s->scratch + n, partial, timed, timed ? at.ms : 0);
    s->coloured = coloured;
    return 1;
}

/* 2026-11-24T09:00:00.123456789Z stdout F text */
int take_cri(scanner *s, const byte *p, const byte *end) {
    stamp at;
    if (left(p, end) < 29 || p[10] != 'T' || !is_digit(*p)) return 0;
    const byte *q = memchr(p + 19, ' ', left(p, end) - 19 > 20 ? 20 : left(p, end) - 19);
    if (q == NULL) return 0;
    q++;
    if (!starts_with(q, end, "stdout ") && !starts_with(q, end, "stderr ")) return 0;
    q += 7;
    if (q >= end || (*q != 'F' && *q != 'P') || !read_time_by(&s->memory.outer, p, end, s->reference, &at)) return 0;
    int partial = *q == 'P';
    q++;
    if (q < end && *q == ':')
        while (q < end && *q != ' ') q++;
    if (q < end && *q != ' ') return 0;
    take_piece(s, q < end ? q + 1 : end, end, partial, 1, at.ms);
    return 1;
}
