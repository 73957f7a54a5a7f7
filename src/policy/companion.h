/* SPDX-License-Identifier: Apache-2.0 */
/*
 * companion - an alert does not close beside a graver one.
 *
 * The alerts of one break-in rarely look alike: one or two show it, the others of the
 * same machines in the same hour look like noise, and are what an analyst needs to
 * understand it. So an alert stays open while another that shares an address with it and
 * lies within YG_COMPANION_NS, before or after, is predicted at the protected level
 * (GUARANTEE.md, section 3: the open threat). The earlier of two is opened again when the
 * later one comes. Which of them came first changes nothing in the end.
 *
 * A flood must not make it forget. Grave alerts have a share of the memory that no other
 * takes; if more than `most` addresses have one within the hour, everything with an
 * address is held as long as they come. Of the closed alerts at most `most` can be opened
 * again: those whose hour is over make room first, then the least dangerous of a few, and
 * that is counted. Constant time an alert, at most about 450 bytes each of `most`. One
 * thread at a time; one per tenant.
 */
#ifndef YG_POLICY_COMPANION_H
#define YG_POLICY_COMPANION_H

#include "base/hash.h"
#include "base/status.h"
#include "policy/judged.h"

#include <stddef.h>

#define YG_COMPANION_NS ((int64_t)3600 * 1000000000)

struct yg_companions;

/* `most`: closed alerts, and addresses of grave ones, remembered; 1 to 2^24. NULL: no
 * memory. */
struct yg_companions *yg_companions_new(uint32_t most);
void yg_companions_free(struct yg_companions *c);

struct yg_companion {
    int64_t time_ns;
    uint64_t address[YG_JUDGED_ADDRESSES]; /* 0: none */
    unsigned char id[YG_ID_SIZE];
    unsigned char run[YG_ID_SIZE];
    uint64_t mark; /* the caller's own */
    uint32_t risk;
    uint8_t predicted; /* enum yg_level */
    uint8_t shadow;    /* the caller's own: 1: it closed on paper only */
};

/* Is a graver alert beside it? */
bool yg_companions_held(const struct yg_companions *c, const struct yg_companion *a);

/* Take in an alert that was decided. `grave`: predicted at the protected level; every
 * closed alert beside it is then given to `open` (may be NULL), once. `closed`: it may
 * be given later. */
void yg_companions_add(struct yg_companions *c, const struct yg_companion *a, bool grave,
                       bool closed, void (*open)(void *arg, const struct yg_companion *a),
                       void *arg);

/* Closed alerts that would not be opened again, and addresses of grave ones that there
 * was no room for. */
uint64_t yg_companions_forgotten(const struct yg_companions *c);

/* The same for alerts of one tenant that are all known: sets or clears the gate's bit of
 * every row. Rows come in any order. YG_ENOMEM. */
enum yg_status yg_companions_mark(struct yg_judged *a, size_t n,
                                  unsigned protect) YG_MUST_USE;

#endif
