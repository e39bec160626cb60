/* What a scan knows, and the functions of its parts. PADDING readable bytes stand behind every line here. */
#ifndef ACCELERAPP_SCANNER_H
#define ACCELERAPP_SCANNER_H

#include "text.h"

#define NEVER INT64_MIN

enum trace { NO_TRACE, PYTHON, JAVA, GO };

/* A skeleton: records of a level that differ only in words that bear a digit. */
typedef struct {
    uint64_t hash;
    int64_t count, first, last; /* times in ms, INT64_MIN: none */
    uint32_t example, message_length, example_length; /* in the arena: message, then trace */
    int32_t level, escaped;
} entry;

typedef struct {
    int64_t minute; /* since 1970 */
    int64_t total, errors, warnings;
} minute;

typedef struct {
    int64_t records, levels[LEVELS], untimed, zoneless, cut_lines, undecodable_lines, lines, bytes, overflowed, minutes_lost, nul_bytes, marked;
    int64_t first, last;
} totals;

typedef struct {
    int64_t reference, since, until;
    skeleton_function *skeleton_of;
    memory memory;
    totals sum;
    entry *entries;
    uint32_t entry_count, *slots, slot_count, overflow[LEVELS];
    minute *minutes;
    uint32_t minute_count, *minute_slots, last_minute;
    byte *arena;
    size_t arena_size, arena_used;
    byte *carry; /* an unfinished line */
    size_t carry_used;
    int skipping; /* the rest of a line that was cut */
    byte *pieces; /* a line that a runtime cut into pieces */
    size_t pieces_used;
    byte *scratch; /* a line with PADDING behind it, or unescaped */
    byte *clean;   /* a line without terminal codes */
    int coloured;  /* the line may hold such codes */
    int64_t last_time;
    int open;          /* there is a record that a trace may follow */
    int open_level, trace, traced;
    uint32_t open_entry; /* its entry while its example is being made, else UINT32_MAX */
    byte *held;          /* the lines of an uncaught exception's trace, until its name comes */
    size_t held_used;
    int held_wrapped;
    int64_t held_ms;
    int failed;        /* out of memory */
} scanner;

/* tables.c */
uint32_t keep_example(scanner *s, const byte *p, size_t n);
entry *entry_of(scanner *s, uint64_t hash, const parsed *line, int *fresh);
void count_minute(scanner *s, int64_t ms, int level);

/* traces.c */
enum trace trace_begun(const byte *p, const byte *end);
int continues(scanner *s, const byte *p, const byte *end);
void add_trace(scanner *s, const byte *p, const byte *end);
int is_uncaught(const scanner *s, const byte *p, const byte *end);
const byte *behind_java_thread(const byte *p, const byte *end);

/* wrapping.c */
int take_docker(scanner *s, const byte *p, const byte *end);
int take_cri(scanner *s, const byte *p, const byte *end);

/* scan.c */
void take_inner(scanner *s, const byte *p, const byte *end, int wrapped, int64_t ms);

#endif
