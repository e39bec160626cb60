/* The log kernel: one pass over bytes that finds records, their level and time, and counts them by skeleton.
 *
 * text.h    bytes and words      times.c  time stamps       levels.c  severity
 * fields.c  structured records   lines.c  what a line says  codes.c   terminal codes
 * memory.c  the lines before       skeletons.c  what does not vary
 * scan.c    lines to records, with tables.c, traces.c and wrapping.c; scanner.h is what they share
 *
 * Rules of safety: every function takes [p, end) and never reads at or behind `end`, except where a comment says that
 * the caller guarantees PADDING readable bytes there. Nothing recurses but read_object, once. All sizes are bounded by the constants
 * below.
 */
#ifndef ACCELERAPP_KERNEL_H
#define ACCELERAPP_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

typedef uint8_t byte;

enum { PADDING = 64 };
enum { LINE_LIMIT = 1 << 20 };     /* of a longer line the rest is skipped */
enum { SKELETON_LIMIT = 2048 };    /* so many bytes of a message make its skeleton */
enum { EXAMPLE_LIMIT = 2048, TRACE_LIMIT = 2048 };
enum { ENTRIES_AT_MOST = 20000, FIRST_SLOTS = 1 << 10 };
enum { MINUTES_AT_MOST = 1 << 17, MINUTE_SLOTS = 1 << 18 };

enum level { NONE, DEBUG, INFO, WARNING, ERROR_, CRITICAL, LEVELS };

typedef struct {
    int64_t ms;      /* since 1970, UTC */
    int zoneless;    /* the zone was not said: read as UTC */
    const byte *after;
    const byte *clock; /* where its HH:MM:SS stands behind a date, when all before that is the day; else NULL */
} stamp;

typedef struct {
    int marked;      /* the line has a time, a level or a structure: it begins a record */
    int level;
    int timed;
    int zoneless;
    int escaped;     /* the message is the inside of a JSON string, escapes included */
    int escapes;     /* some JSON string of the record has escapes */
    int said;        /* how many of level, time and message are fields */
    int64_t ms;
    const byte *message, *message_end;
} parsed;

/* The form of a time: `date` to `clock`, HH:MM:SS, and a tail of a fraction and a zone or year. */
typedef struct {
    byte clock, fraction, tail, zoneless; /* so many bytes; the fraction's with its point */
    int64_t day;                          /* the time at 00:00:00 */
    uint64_t date[2], text[2], exact[2], figures[2], sixes[2];
} time_form;

/* A header that ends in a level: its bytes up to the message. */
enum { LEVEL_FORM_WORDS = 4, LEVEL_FORM_BITS = 5 };
typedef struct {
    uint64_t text[LEVEL_FORM_WORDS], kept[LEVEL_FORM_WORDS];
    byte length, level;
} level_form;

typedef struct {
    time_form outer, inner; /* of a container runtime; of the line itself */
    level_form levels[1 << LEVEL_FORM_BITS];
} memory;

/* memory.c */
int recall_time(const time_form *f, const byte *p, const byte *end, stamp *out);
void remember_time(time_form *f, const byte *p, const byte *end, const stamp *read);
int recall_level(memory *m, const byte *p, const byte *end, const byte **message);
void remember_level(memory *m, const byte *p, const byte *end, int level, const byte *message);

/* times.c */
int read_time(const byte *p, const byte *end, int64_t reference, stamp *out);
int read_time_by(time_form *form, const byte *p, const byte *end, int64_t reference, stamp *out);
int read_time_number(double value, int64_t *ms);

/* levels.c */
int level_of_word(const byte *p, size_t n, int letters);
int level_of_number(int64_t number);
int level_of_syslog(int severity);
int find_level(const byte *p, const byte *end, int plain_allowed, const byte **message);

/* fields.c and lines.c; `m` may be NULL, else there is PADDING */
const byte *string_end(const byte *p, const byte *end, int *escaped);
int parse_json(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out);
int parse_logfmt(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out);

/* codes.c */
int has_codes(const byte *p, const byte *end, int escapes);
size_t strip_codes(const byte *p, const byte *end, byte *out);

/* skeletons.c */
typedef uint64_t skeleton_function(const byte *p, size_t n);
skeleton_function *skeleton_of_here(void);

void parse_line(const byte *p, const byte *end, int64_t reference, memory *m, parsed *out);

#endif
