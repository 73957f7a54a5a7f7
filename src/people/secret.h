/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret - what sessions, tokens and recovery codes are: random bytes told once as text,
 * of which we keep a digest.
 *
 * The bytes are as random as a key, so that a plain BLAKE2b (with a word for its use, so
 * that one cannot stand for another) is enough: nobody can try them all. Pure; texts from
 * outside may be anything.
 */
#ifndef YG_PEOPLE_SECRET_H
#define YG_PEOPLE_SECRET_H

#include "base/entropy.h"
#include "base/hash.h"

#define YG_SECRET_SIZE  32
#define YG_SECRET_CHARS 43 /* of base64url without padding */
#define YG_SECRET_ROOM  48
#define YG_CODE_CHARS   16 /* of a recovery code without its dashes: 80 bits */
#define YG_BASE32_CHARS 32 /* of a TOTP secret of 20 bytes */

enum yg_secret_use { YG_SECRET_SESSION, YG_SECRET_TOKEN };

/* New: its text (a token's begins with "ygt_") and its digest. */
void yg_secret_make(enum yg_secret_use use, const struct yg_entropy *e,
                    char text[YG_SECRET_ROOM], unsigned char digest[YG_DIGEST_SIZE]);
/* The digest of a text; false: it is none of ours. */
bool yg_secret_digest(enum yg_secret_use use, struct yg_str text,
                      unsigned char digest[YG_DIGEST_SIZE]);
/* The CSRF text that belongs to a session's text. Who has only the digest cannot make
 * it. */
bool yg_secret_csrf(struct yg_str session, char out[YG_SECRET_ROOM]);

/* RFC 4648 base32 of `n` bytes (a multiple of 5), NUL-terminated, in small letters or in
 * capitals. */
void yg_base32(const unsigned char *p, size_t n, bool small, char *out);

/* A recovery code, "abcd-efgh-ijkl-mnop". */
void yg_code_make(const struct yg_entropy *e, char text[20]);
/* Its digest for a user; case, dashes and spaces do not matter. False: it is none. */
bool yg_code_digest(uint64_t user, struct yg_str text,
                    unsigned char digest[YG_DIGEST_SIZE]);

/* A password of 24 characters that can be read aloud (no 0 and O, 1 and l): 139 bits. */
void yg_secret_password(const struct yg_entropy *e, char text[32]);

#endif
