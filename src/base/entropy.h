/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entropy - where secrets come from, passed as a parameter so that tests can foresee
 * them.
 *
 * For what must not be guessed: passwords, sessions, tokens, keys. What only has to be
 * spread evenly comes from rng.h. The system's own never fails, blocks only at boot, and
 * may be used by any thread.
 */
#ifndef YG_BASE_ENTROPY_H
#define YG_BASE_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

struct yg_entropy {
    void (*fill)(void *arg, void *out, size_t n);
    void *arg;
};

/* libsodium's: getrandom(2). */
struct yg_entropy yg_entropy_system(void);

static inline void yg_entropy_fill(const struct yg_entropy *e, void *out, size_t n)
{
    e->fill(e->arg, out, n);
}

/* Uniform in [0, n), n > 0, without bias. */
uint32_t yg_entropy_below(const struct yg_entropy *e, uint32_t n);

#endif
