/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - one invented organisation: its hosts, people, hours and habits.
 *
 * Plain data, made from (seed, index) alone, constant afterwards; about 12 kB.
 */
#ifndef YG_SAMPLE_WORLD_H
#define YG_SAMPLE_WORLD_H

#include "base/rng.h"

#include <stdint.h>

/* What a machine is for; hosts are kept in this order. */
#define YG_SAMPLE_ROLES(X)                                                               \
    X(WEB, "web")                                                                        \
    X(MAIL, "mail")                                                                      \
    X(DNS, "dns")                                                                        \
    X(FILES, "files")                                                                    \
    X(DB, "db")                                                                          \
    X(DC, "dc")                                                                          \
    X(JUMP, "jump")                                                                      \
    X(BACKUP, "backup")                                                                  \
    X(MONITOR, "monitor")                                                                \
    X(SCANNER, "scanner")                                                                \
    X(DEV, "build")                                                                      \
    X(DESKTOP, "pc")
enum yg_sample_role {
#define X(id, name) YG_ROLE_##id,
    YG_SAMPLE_ROLES(X)
#undef X
        YG_ROLE_COUNT
};

/* Who takes part in a record; roles first, with the same numbers. */
enum yg_sample_pick {
#define X(id, name) YG_PICK_##id,
    YG_SAMPLE_ROLES(X)
#undef X
        YG_PICK_ANY,  /* any machine of the organisation */
    YG_PICK_SERVER,   /* any that is not a desktop */
    YG_PICK_HABIT_PC, /* always the same desktop for this kind of noise */
    YG_PICK_HABIT,    /* always the same server */
    YG_PICK_EXT,      /* an outside address, few of them very busy */
    YG_PICK_PEER,     /* one of the services this organisation uses */
    YG_PICK_WAN,      /* the organisation's own public address */
    YG_PICK_ATTACKER, /* attacks only, from here on */
    YG_PICK_C2,
    YG_PICK_VICTIM,
    YG_PICK_SECOND, /* the machine reached from the victim */
    YG_PICK_NONE,
};

enum yg_sample_who {
    YG_WHO_NONE,
    YG_WHO_OWNER, /* of the desktop; an administrator on servers */
    YG_WHO_ADMIN,
    YG_WHO_STAFF,
    YG_WHO_ROOT,
    YG_WHO_WWW,
    YG_WHO_BACKUP,
    YG_WHO_MONITOR,
    YG_WHO_GUESS,  /* a name that password guessers try */
    YG_WHO_STOLEN, /* attacks only: the account that was taken */
    YG_WHO_NEW,    /* attacks only: the account that the intruder made */
};

#define YG_SAMPLE_HOSTS_MAX 300
#define YG_SAMPLE_USERS_MAX 160
#define YG_SAMPLE_PEERS     24
#define YG_SAMPLE_ADMINS    4
#define YG_SAMPLE_NO_HOST   0xffff

/* User numbers from here on are accounts that every organisation knows. */
#define YG_SAMPLE_USER_ROOT    1000
#define YG_SAMPLE_USER_WWW     1001
#define YG_SAMPLE_USER_BACKUP  1002
#define YG_SAMPLE_USER_MONITOR 1003
#define YG_SAMPLE_USER_GUESS   1004 /* and following */
#define YG_SAMPLE_USER_NEW     1020 /* and following */
#define YG_SAMPLE_USER_NONE    0xffff

struct yg_sample_host {
    uint32_t ip;
    uint8_t role;
    char name[15];
};

struct yg_sample_world {
    uint32_t index;
    uint64_t seed;
    char name[24];
    char domain[32];
    int tz_min;              /* minutes east of UTC */
    int open_min, close_min; /* local business hours, minutes of the day */
    double size;             /* relative number of alerts */
    uint32_t wan;
    uint32_t peer[YG_SAMPLE_PEERS];
    uint32_t host_count, user_count;
    uint16_t first[YG_ROLE_COUNT], count[YG_ROLE_COUNT];
    struct yg_sample_host host[YG_SAMPLE_HOSTS_MAX];
    char user[YG_SAMPLE_USERS_MAX][16];
};

/* An end of a connection; `host` is YG_SAMPLE_NO_HOST outside the organisation. */
struct yg_sample_end {
    uint32_t ip;
    uint16_t host;
};

void yg_sample_world_make(struct yg_sample_world *w, uint64_t seed, uint32_t index);

/* Resolve a pick that is no attack pick; `habit` numbers the kind of noise. */
struct yg_sample_end yg_sample_pick(const struct yg_sample_world *w, struct yg_rng *r,
                                    enum yg_sample_pick pick, uint32_t habit);
uint16_t yg_sample_pick_user(const struct yg_sample_world *w, struct yg_rng *r,
                             enum yg_sample_who who, uint16_t host);
struct yg_sample_end yg_sample_end_of(const struct yg_sample_world *w, uint16_t host);

const char *yg_sample_user(const struct yg_sample_world *w, uint16_t user);

/* Any outside address. */
uint32_t yg_sample_outside(struct yg_rng *r);

/* Random helpers: bits in [lo, hi]; exponential with this mean; heavy tail in [lo, hi]
 * (density ~ x^-2); exp(sigma * something near normal). */
uint32_t yg_sample_between(struct yg_rng *r, uint32_t lo, uint32_t hi);
double yg_sample_exp(struct yg_rng *r, double mean);
uint32_t yg_sample_tail(struct yg_rng *r, uint32_t lo, uint32_t hi);
double yg_sample_spread(struct yg_rng *r, double sigma);

#endif
