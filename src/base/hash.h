/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash - 64-bit keyed hashes for tables, 128- and 256-bit digests for identity.
 *
 * Table keys come from hostile bytes, so they go through SipHash-2-4 (libsodium) under
 * a key; the fixed key keeps replays equal bit for bit, and tables are set-associative
 * with eviction, so a forged collision costs precision, not time. Identity is BLAKE2b.
 */
#ifndef YG_BASE_HASH_H
#define YG_BASE_HASH_H

#include "base/str.h"

#include <stdint.h>

#define YG_ID_SIZE     16
#define YG_DIGEST_SIZE 32

/* SipHash-2-4 of `s`, domain-separated by `salt` (a small constant per use). Never 0,
 * so that 0 may mean "none". About 20 ns for a short string. */
uint64_t yg_hash_str(uint64_t salt, struct yg_str s);

/* Mix two 64-bit hashes into one (order matters). Never 0. A few instructions. */
uint64_t yg_hash_pair(uint64_t a, uint64_t b);

/* BLAKE2b-256 in pieces: init, any number of add, done. */
struct yg_digest {
    _Alignas(64) unsigned char state[384]; /* private */
};

void yg_digest_init(struct yg_digest *d);
void yg_digest_add(struct yg_digest *d, const void *p, size_t n);
void yg_digest_done(struct yg_digest *d, unsigned char out[YG_DIGEST_SIZE]);
/* The same of one piece. */
void yg_digest_of(const void *p, size_t n, unsigned char out[YG_DIGEST_SIZE]);

/* BLAKE2b-128 of one piece under a domain of up to 64 bytes. About 1 ns a byte. */
void yg_hash_id(struct yg_str domain, struct yg_str bytes, unsigned char out[YG_ID_SIZE]);

/* `n` bytes as lower-case hex, NUL-terminated: `out` has 2n + 1 bytes. */
void yg_hex(const unsigned char *p, size_t n, char *out);

/* The reverse; false unless `s` is exactly 2n hex digits. */
bool yg_unhex(struct yg_str s, unsigned char *out, size_t n);

#endif
