/* The tables of a scan: skeletons with an example each, and minutes. Both have a size; what is beyond is counted. */
#include "scanner.h"

#include <stdlib.h>

static inline uint64_t mix(uint64_t h, uint64_t x) {
    h = (h ^ x) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 29);
}

uint32_t keep_example(scanner *s, const byte *p, size_t n) {
    if (s->arena_used + n > s->arena_size) {
        size_t size = s->arena_size * 2 + n;
        byte *grown = realloc(s->arena, size);
        if (grown == NULL) {
            s->failed = 1;
            return 0;
        }
        s->arena = grown;
        s->arena_size = size;
    }
    memcpy(s->arena + s->arena_used, p, n);
    s->arena_used += n;
    return (uint32_t)(s->arena_used - n);
}

static inline uint32_t slot_of(const scanner *s, uint64_t hash) { return (uint32_t)(hash >> 32) & (s->slot_count - 1); }

static entry *new_entry(scanner *s, uint64_t hash, const parsed *line) {
    entry *e = &s->entries[s->entry_count++];
    size_t n = left(line->message, line->message_end);
    if (n > EXAMPLE_LIMIT) n = EXAMPLE_LIMIT;
    *e = (entry){hash, 0, NEVER, NEVER, keep_example(s, line->message, n), (uint32_t)n, (uint32_t)n, line->level, line->escaped};
    return e;
}

/* Few entries need few slots, which stay in the nearest cache. */
static void grow_slots(scanner *s) {
    uint32_t *grown = calloc((size_t)s->slot_count * 2, sizeof(uint32_t));
    if (grown == NULL) {
        s->failed = 1;
        return;
    }
    free(s->slots);
    s->slots = grown;
    s->slot_count *= 2;
    for (uint32_t i = 0; i < s->entry_count; i++) {
        uint32_t slot = slot_of(s, s->entries[i].hash);
        while (grown[slot]) slot = (slot + 1) & (s->slot_count - 1);
        grown[slot] = i + 1;
    }
}

/* The entry of a skeleton. When the table is full, all new ones of a level share one entry, whose hash is 0. */
entry *entry_of(scanner *s, uint64_t hash, const parsed *line, int *fresh) {
    hash = mix(hash, (uint64_t)line->level + 1);
    if (hash == 0) hash = 1;
    *fresh = 0;
    uint32_t slot = slot_of(s, hash);
    for (; s->slots[slot]; slot = (slot + 1) & (s->slot_count - 1)) {
        entry *e = &s->entries[s->slots[slot] - 1];
        if (e->hash == hash && e->level == line->level) return e;
    }
    if (s->entry_count >= ENTRIES_AT_MOST) {
        s->sum.overflowed++;
        uint32_t *known = &s->overflow[line->level];
        if (*known) return &s->entries[*known - 1];
        *known = s->entry_count + 1;
        *fresh = 1;
        return new_entry(s, 0, line);
    }
    *fresh = 1;
    entry *e = new_entry(s, hash, line);
    s->slots[slot] = s->entry_count;
    if (s->entry_count * 4 > s->slot_count) grow_slots(s);
    return e;
}

void count_minute(scanner *s, int64_t ms, int level) {
    int64_t at = ms >= 0 ? ms / 60000 : -((-ms + 59999) / 60000);
    minute *m = s->minute_count ? &s->minutes[s->last_minute] : NULL;
    if (m == NULL || m->minute != at) {
        uint32_t slot = (uint32_t)(mix((uint64_t)at, 7) >> 40) & (MINUTE_SLOTS - 1);
        while (s->minute_slots[slot] && s->minutes[s->minute_slots[slot] - 1].minute != at) slot = (slot + 1) & (MINUTE_SLOTS - 1);
        if (!s->minute_slots[slot]) {
            if (s->minute_count >= MINUTES_AT_MOST) {
                s->sum.minutes_lost++;
                return;
            }
            s->minutes[s->minute_count] = (minute){at, 0, 0, 0};
            s->minute_slots[slot] = ++s->minute_count;
        }
        s->last_minute = s->minute_slots[slot] - 1;
        m = &s->minutes[s->last_minute];
    }
    m->total++;
    m->errors += level >= ERROR_;
    m->warnings += level == WARNING;
}
