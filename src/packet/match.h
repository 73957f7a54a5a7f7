/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match - many small patterns over bytes in one pass.
 *
 * What an attack looks like and what its success looks like are tables of short
 * patterns, so a row must be readable and a body of 256 KiB must not cost a pass a row.
 * Letters (write them small) match either case. Elements:
 *
 *   %d digits  %x hex digits  %w word characters  %n word characters, dot, dash  (all 1+)
 *   %s blanks, '+' or C comments (1+)    %o the same, or nothing
 *   %p slashes, either way (1+)          %c one quote: ' " `      %q the same, or nothing
 *   %. any byte     %a as few bytes of the line as will do, 0 to YG_MATCH_ANY
 *   %^ at the start of a line            %b at the edge of a word
 *   %$ at the end of a line              %% a percent sign
 *
 * A class takes all it can and gives nothing back; only %a is tried again. Time is
 * bounded: YG_MATCH_ANY tries a %a, the last one only. Pure; about 1 ns a byte.
 */
#ifndef YG_PACKET_MATCH_H
#define YG_PACKET_MATCH_H

#include "base/str.h"

#define YG_MATCH_ANY   80
#define YG_MATCH_RULES 64

#define YG_NOWHERE ((size_t)-1)

struct yg_match_rule {
    const char *pattern;
    uint8_t tag;   /* the caller's: what it means */
    uint8_t extra; /* the caller's */
    uint16_t where;
};

#define YG_MATCH_LOOK 4 /* bytes that are asked before a rule is tried */

/* Which rules may match where byte k of a place is such a byte, and which may have ended
 * before it: the sets over-estimate, so they are speed only. Built in some 10 us. */
struct yg_matcher {
    /* private */
    const struct yg_match_rule *rule;
    uint64_t may[YG_MATCH_LOOK][256];
    uint64_t over[YG_MATCH_LOOK];
    uint64_t at_edge; /* those that begin at the edge of a word */
};

/* For eight users of one text, each with a bit: what two bytes they may begin at. One
 * pass then says for all of them where to look; the others' places cost an eighth of a
 * step. Speed only: whoever looks asks again. Built in some 0.1 ms. */
struct yg_match_gate {
    uint8_t pair[256][256];
};

/* `rule` lives as long as the matcher; only the first YG_MATCH_RULES are used. */
void yg_matcher_init(struct yg_matcher *m, const struct yg_match_rule *rule,
                     size_t count);

/* What is added begins with one of the bytes `first`, and `second` (NULL: any). */
void yg_match_gate_rules(struct yg_match_gate *g, uint8_t bit,
                         const struct yg_matcher *m);
void yg_match_gate_bytes(struct yg_match_gate *g, uint8_t bit, const char *first,
                         const char *second);
/* Fill `marks`, one for each byte of `s`. */
void yg_match_mark(const struct yg_match_gate *g, struct yg_str s, uint8_t *marks);
/* The first place at or after `from` that is marked so, of `n`; n: none. */
size_t yg_match_marked(const uint8_t *marks, size_t n, size_t from, uint8_t bit);

struct yg_hit {
    /* set by the caller: the text's marks and the matcher's bit; NULL, 0: none are made
     */
    const uint8_t *marks;
    uint8_t bit;
    /* set by next: bytes at..end of the text match rule `rule` */
    const struct yg_match_rule *rule;
    size_t at, end;
    /* private */
    uint64_t left;
    size_t pos;
};

/* The next match in `s`, by place, then by row. `*hit` is zero but for its marks before
 * the first call. */
bool yg_match_next(const struct yg_matcher *m, struct yg_str s, struct yg_hit *hit);

/* One pattern at one place; `*end` is set on success. */
bool yg_match_at(const char *pattern, struct yg_str s, size_t at, size_t *end);

/* The first place at or after `from`; YG_NOWHERE. For short texts or rare calls. */
size_t yg_match_find(const char *pattern, struct yg_str s, size_t from, size_t *end);

/* Where `what` stands in `s`, at or after `from`; YG_NOWHERE. */
size_t yg_find(struct yg_str s, struct yg_str what, size_t from);

/* s[from, to), with both ends put inside. */
struct yg_str yg_sub(struct yg_str s, size_t from, size_t to);

static inline bool yg_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool yg_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool yg_is_word(char c)
{
    return yg_is_digit(c) || yg_is_alpha(c) || c == '_';
}

#endif
