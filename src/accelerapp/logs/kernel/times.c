/* The time stamps that logs begin with. */
#include "text.h"

#include <math.h>

enum { DAY_MS = 86400000 };

/* Days since 1970 of a date in the Gregorian calendar (Howard Hinnant's algorithm). */
static int64_t days_of(int year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned yoe = (unsigned)(year - era * 400);
    unsigned doy = (153u * (unsigned)(month + (month > 2 ? -3 : 9)) + 2) / 5 + (unsigned)day - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static int is_date(int year, int month, int day) {
    static const byte lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1]) return 0;
    return !(month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)));
}

static int year_of(int64_t ms) {
    int64_t days = ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
    int year = (int)(1970 + days / 366);
    while (days_of(year + 1, 1, 1) <= days) year++;
    return year;
}

/* 1 to 12 for `Jan` to `Dec` in any case, or 0. */
static int month_of(const byte *p, const byte *end) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (left(p, end) < 3) return 0;
    byte a = p[0] | 32, b = p[1] | 32, c = p[2] | 32;
    for (int i = 0; i < 12; i++)
        if (a == names[3 * i] && b == names[3 * i + 1] && c == names[3 * i + 2]) return i + 1;
    return 0;
}

/* HH:MM:SS with an optional fraction; milliseconds of the day, or -1. */
static int64_t read_clock(const byte **pp, const byte *end) {
    const byte *p = *pp;
    if (left(p, end) < 8 || p[2] != ':' || p[5] != ':') return -1;
    int h = digits(p, end, 2), m = digits(p + 3, end, 2), s = digits(p + 6, end, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60) return -1;
    if (s == 60) s = 59; /* a leap second */
    int64_t ms = ((h * 60 + m) * 60 + s) * (int64_t)1000;
    p += 8;
    if (left(p, end) >= 2 && (*p == '.' || *p == ',' || *p == ':') && is_digit(p[1])) {
        int scale = 100, count = 0;
        for (p++; p < end && is_digit(*p) && count < 9; p++, count++) {
            ms += (*p - '0') * scale;
            scale /= 10;
        }
    }
    *pp = p;
    return ms;
}

/* An optional zone; its offset in minutes. */
static int read_zone(const byte **pp, const byte *end, int *offset) {
    const byte *p = *pp, *after = NULL;
    *offset = 0;
    if (p < end && *p == ' ') p++;
    if (p >= end) return 0;
    if (*p == 'Z') {
        after = p + 1;
    } else if (starts_with(p, end, "UTC") || starts_with(p, end, "GMT")) {
        after = p + 3;
    } else if (*p == '+' || *p == '-') {
        int h = digits(p + 1, end, 2);
        const byte *q = p + 3;
        if (h < 0) return 0;
        if (q < end && *q == ':') q++;
        int m = digits(q, end, 2);
        if (h > 23 || m < 0 || m > 59) return 0;
        *offset = (h * 60 + m) * (*p == '-' ? -1 : 1);
        after = q + 2;
    }
    if (after == NULL || (after < end && (is_word(*after) || *after == ':'))) {
        *offset = 0;
        return 0;
    }
    *pp = after;
    return 1;
}

static int with_zone(int64_t ms, const byte *clock, const byte *p, const byte *end, stamp *out) {
    int offset;
    int zoned = read_zone(&p, end, &offset);
    *out = (stamp){ms - (int64_t)offset * 60000, !zoned, p, clock};
    return 1;
}

/* HH:MM, and nothing that goes on; milliseconds of the day, or -1. */
static int64_t read_short_clock(const byte **pp, const byte *end) {
    const byte *p = *pp;
    if (left(p, end) < 5 || p[2] != ':') return -1;
    int h = digits(p, end, 2), m = digits(p + 3, end, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59 || (left(p, end) > 5 && p[5] != 'Z' && (is_word(p[5]) || strchr(":.", p[5])))) return -1;
    *pp = p + 5;
    return (h * 60 + m) * (int64_t)60000;
}

/* 2026-11-24T09:00:00.123Z, with - / or . in the date and T, blank or _ behind it; also without seconds. */
static int read_iso(const byte *p, const byte *end, stamp *out) {
    if (left(p, end) < 16 || (p[4] != '-' && p[4] != '/' && p[4] != '.') || (p[7] != '-' && p[7] != '/' && p[7] != '.')) return 0;
    if (p[10] != 'T' && p[10] != ' ' && p[10] != '_') return 0;
    int y = digits(p, end, 4), mo = digits(p + 5, end, 2), d = digits(p + 8, end, 2);
    if (y < 1 || !is_date(y, mo, d)) return 0;
    const byte *q = p + 11;
    int64_t clock = read_clock(&q, end);
    const byte *whole = clock < 0 ? NULL : p + 11;
    if (clock < 0) clock = read_short_clock(&q, end);
    return clock >= 0 && with_zone(days_of(y, mo, d) * DAY_MS + clock, whole, q, end, out);
}

/* 090000 or 0900, with an optional fraction; milliseconds of the day, or -1. */
static int64_t read_packed_clock(const byte **pp, const byte *end) {
    const byte *p = *pp;
    int h = digits(p, end, 2), m = h < 0 ? -1 : digits(p + 2, end, 2), s = m < 0 ? -1 : digits(p + 4, end, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59 || s > 60) return -1;
    int64_t ms = ((h * 60 + m) * 60 + (s < 0 ? 0 : s == 60 ? 59 : s)) * (int64_t)1000;
    p += s < 0 ? 4 : 6;
    if (left(p, end) >= 2 && (*p == '.' || *p == ',') && is_digit(p[1])) {
        int scale = 100;
        for (p++; p < end && is_digit(*p); p++, scale /= 10) ms += (*p - '0') * scale;
    }
    *pp = p;
    return ms;
}

/* 20261124T090000.123Z, 20261124T0900Z, 20261124-09:00:00:123. Without colons something must say that it is a time. */
static int read_basic(const byte *p, const byte *end, stamp *out) {
    if (left(p, end) < 13 || (p[8] != 'T' && p[8] != '-' && p[8] != ' ')) return 0;
    int y = digits(p, end, 4), mo = digits(p + 4, end, 2), d = digits(p + 6, end, 2);
    if (y < 1970 || !is_date(y, mo, d)) return 0;
    const byte *q = p + 9;
    int64_t clock = read_clock(&q, end);
    if (clock < 0 && p[8] == 'T') clock = read_packed_clock(&q, end);
    if (clock < 0 || (q < end && *q != 'Z' && is_word(*q))) return 0;
    return with_zone(days_of(y, mo, d) * DAY_MS + clock, NULL, q, end, out);
}

/* 24/Nov/2026:09:00:00 +0100 and 24 Nov 2026 09:00:00. */
static int read_apache(const byte *p, const byte *end, stamp *out) {
    if (left(p, end) < 20 || !is_alpha(p[3])) return 0;
    int d = digits(p, end, 2), mo = month_of(p + 3, end), y = digits(p + 7, end, 4);
    if (d < 0 || mo == 0 || y < 1 || !is_date(y, mo, d) || (p[11] != ':' && p[11] != ' ')) return 0;
    const byte *q = p + 12;
    int64_t clock = read_clock(&q, end);
    return clock >= 0 && with_zone(days_of(y, mo, d) * DAY_MS + clock, p + 12, q, end, out);
}

/* A date without a year: the last such moment before the reference, give or take a day. */
static int read_yearless(int mo, int d, int64_t clock, const byte *clock_at, const byte *after, int64_t reference, stamp *out) {
    int year = year_of(reference) + 1;
    int64_t limit = reference + DAY_MS;
    for (int tries = 0; tries < 10; tries++, year--) { /* the 29th of February may lie years back */
        if (!is_date(year, mo, d)) continue;
        int64_t day = days_of(year, mo, d) * DAY_MS;
        if (day <= limit && day + DAY_MS > limit) clock_at = NULL; /* the year hangs on the clock */
        if (day + clock <= limit) {
            *out = (stamp){day + clock, 1, after, clock_at};
            return 1;
        }
    }
    return 0;
}

/* [Tue ]Nov 24 09:00:00[.123][ 2026] */
static int read_ctime(const byte *p, const byte *end, int64_t reference, stamp *out) {
    int mo = month_of(p, end);
    if (mo == 0 || (left(p, end) > 3 && p[3] != ' ')) {
        if (left(p, end) < 5 || !is_lower(p[1]) || !is_lower(p[2])) return 0;
        p += p[3] == ',' ? 4 : 3;
        if (*p != ' ') return 0;
        p++;
        mo = month_of(p, end);
    }
    if (mo == 0 || left(p, end) < 6 || p[3] != ' ') return 0;
    const byte *q = p + 4;
    if (*q == ' ') q++;
    int d = q < end && is_digit(*q) ? *q++ - '0' : -1;
    if (d >= 0 && q < end && is_digit(*q)) d = d * 10 + (*q++ - '0');
    if (d < 0 || q >= end || *q != ' ') return 0;
    const byte *clock_at = ++q;
    int64_t clock = read_clock(&q, end);
    if (clock < 0) return 0;
    if (left(q, end) >= 5 && *q == ' ') {
        int y = digits(q + 1, end, 4);
        if (y >= 1900 && (left(q, end) == 5 || !is_word(q[5])) && is_date(y, mo, d)) {
            *out = (stamp){days_of(y, mo, d) * DAY_MS + clock, 1, q + 5, clock_at};
            return 1;
        }
    }
    return read_yearless(mo, d, clock, clock_at, q, reference, out);
}

/* 26/11/24 09:00:00, 11-24 09:00:00 and 261124 090000. */
static int read_short(const byte *p, const byte *end, int64_t reference, stamp *out) {
    int a = digits(p, end, 2), b = digits(p + 3, end, 2);
    if (a < 0 || left(p, end) < 13) return 0;
    const byte *q;
    if (p[2] == '/' && p[5] == '/' && p[8] == ' ') {
        int d = digits(p + 6, end, 2);
        q = p + 9;
        int64_t clock = read_clock(&q, end);
        if (clock < 0 || !is_date(2000 + a, b, d)) return 0;
        *out = (stamp){days_of(2000 + a, b, d) * DAY_MS + clock, 1, q, p + 9};
        return 1;
    }
    if (p[2] == '-' && p[5] == ' ') {
        q = p + 6;
        int64_t clock = read_clock(&q, end);
        return clock >= 0 && read_yearless(a, b, clock, p + 6, q, reference, out);
    }
    int mo = digits(p + 2, end, 2), d = digits(p + 4, end, 2);
    int h = digits(p + 7, end, 2), m = digits(p + 9, end, 2), s = digits(p + 11, end, 2);
    if (p[6] != ' ' || d < 0 || !is_date(2000 + a, mo, d) || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) return 0;
    if (left(p, end) > 13 && !is_blank(p[13])) return 0;
    *out = (stamp){days_of(2000 + a, mo, d) * DAY_MS + ((h * 60 + m) * 60 + s) * (int64_t)1000, 1, p + 13, NULL};
    return 1;
}

/* Seconds since 1970, with a fraction or as milliseconds. */
static int read_epoch(const byte *p, const byte *end, stamp *out) {
    if (left(p, end) < 11 || *p != '1') return 0;
    int64_t ms = 0;
    for (int i = 0; i < 10; i++) {
        if (!is_digit(p[i])) return 0;
        ms = ms * 10 + (p[i] - '0');
    }
    const byte *q = p + 10;
    ms *= 1000;
    int scale = 100;
    if (left(q, end) >= 4 && is_digit(*q)) {
        int fraction = digits(q, end, 3);
        if (fraction < 0) return 0;
        ms += fraction;
        q += 3;
    } else if (*q == '.') {
        for (q++; q < end && is_digit(*q); q++) {
            ms += (*q - '0') * scale;
            scale /= 10;
        }
    }
    if (q >= end || !(is_blank(*q) || *q == ']' || *q == ':' || *q == ',')) return 0;
    *out = (stamp){ms, 0, q, NULL};
    return 1;
}

/* HH:MM:SS alone: today, or yesterday where today would lie ahead. */
static int read_clock_only(const byte *p, const byte *end, int64_t reference, stamp *out) {
    const byte *q = p;
    int64_t clock = read_clock(&q, end);
    if (clock < 0) return 0;
    int64_t ms = reference - ((reference % DAY_MS) + DAY_MS) % DAY_MS + clock;
    if (ms > reference + 3600000) ms -= DAY_MS;
    *out = (stamp){ms, 1, q, NULL};
    return 1;
}

/* The time stamp at p, if one begins there. */
int read_time(const byte *p, const byte *end, int64_t reference, stamp *out) {
    if (left(p, end) < 8) return 0;
    if (!is_digit(*p)) return is_alpha(*p) && read_ctime(p, end, reference, out);
    return read_iso(p, end, out) || read_basic(p, end, out) || read_apache(p, end, out) || read_short(p, end, reference, out) ||
           read_epoch(p, end, out) || read_clock_only(p, end, reference, out);
}

/* The same, by the form of the time before where there is one. */
int read_time_by(time_form *form, const byte *p, const byte *end, int64_t reference, stamp *out) {
    if (form == NULL) return read_time(p, end, reference, out);
    if (recall_time(form, p, end, out)) return 1;
    if (!read_time(p, end, reference, out)) return 0;
    remember_time(form, p, end, out);
    return 1;
}

/* A number that is a time: seconds, milli-, micro- or nanoseconds since 1970. */
int read_time_number(double value, int64_t *ms) {
    for (double unit = 1; unit <= 1e9; unit *= 1e3) {
        double seconds = value / unit;
        if (seconds >= 1e8 && seconds < 1e10) {
            *ms = (int64_t)floor(seconds * 1000 + 0.5);
            return 1;
        }
    }
    return 0;
}
