/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password - which passwords are taken (NIST SP 800-63B), and how they are kept.
 *
 * 12 characters to 256 bytes of UTF-8, any characters, no composition rules. What is left
 * when common words (common.def), the user's name, the tenants', the product's and runs
 * like "3456" or "fedc" are taken out must have six different characters: else a list
 * and its rules guess it. Kept as argon2id in libsodium's text form, which names its
 * cost. Pure; hashing is 100 ms and 64 MiB at libsodium's INTERACTIVE cost.
 */
#ifndef YG_PEOPLE_PASSWORD_H
#define YG_PEOPLE_PASSWORD_H

#include "base/err.h"
#include "event/scope.h"

#define YG_PASSWORD_MIN  12  /* characters */
#define YG_PASSWORD_MAX  256 /* bytes */
#define YG_PASSWORD_HASH 128 /* room for a hash with its NUL */
#define YG_PASSWORD_REST 6   /* different characters beside words and runs */

struct yg_password_cost {
    uint64_t ops;
    size_t memory; /* bytes */
};

/* libsodium's INTERACTIVE for what is 0. */
struct yg_password_cost yg_password_cost(uint64_t ops, size_t memory);

/* YG_EINVAL: `err` says what is wrong with it, never what it is. */
enum yg_status yg_password_check(struct yg_str password, struct yg_str name,
                                 const struct yg_scope *tenants,
                                 struct yg_err *err) YG_MUST_USE;

/* YG_ENOMEM. */
enum yg_status yg_password_hash(struct yg_str password, struct yg_password_cost cost,
                                char out[YG_PASSWORD_HASH],
                                struct yg_err *err) YG_MUST_USE;
/* A hash of this cost that nothing matches: for names that do not exist. */
void yg_password_nobody(struct yg_password_cost cost, char out[YG_PASSWORD_HASH]);
/* Does it match? A text that is no hash, or one that would cost more than 1 GiB or 64
 * rounds, matches nothing. */
bool yg_password_match(struct yg_str password, const char *hash);
/* Was it made with less than this cost? */
bool yg_password_is_old(const char *hash, struct yg_password_cost cost);

#endif
