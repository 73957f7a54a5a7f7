/* SPDX-License-Identifier: Apache-2.0 */
#include "people/password.h"

#include "base/utf8.h"

#include <sodium.h>
#include <stdio.h>

#define RUN_MIN    4                   /* "abcd" */
#define WORD_MIN   3                   /* shorter names are in every other word */
#define MEMORY_MAX (UINT64_C(1) << 20) /* KiB */
#define ROUNDS_MAX 64

static const struct yg_str common[] = {
#define YG_WORD(text) { text, sizeof(text) - 1 },
#include "people/common.def"
#undef YG_WORD
};

/* ---- what is taken --------------------------------------------------------------- */

/* One letter for all that stand for it. */
static char fold(char c)
{
    static const char from[] = "0134578@$!|l", to[] = "oieastbasiii";

    if (c >= 'A' && c <= 'Z')
        c = (char)(c + ('a' - 'A'));
    const char *at = c ? strchr(from, c) : NULL;
    return at ? to[at - from] : c;
}

struct rest { /* of a password: what was not taken out */
    const char *p;
    size_t n;
    bool out[YG_PASSWORD_MAX];
};

static bool stands_at(const struct rest *r, size_t at, struct yg_str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (fold(r->p[at + i]) != fold(word.p[i]))
            return false;
    return true;
}

static void take_out(struct rest *r, struct yg_str word)
{
    if (word.n < WORD_MIN)
        return;
    for (size_t at = 0; at + word.n <= r->n; at++)
        if (stands_at(r, at, word))
            memset(r->out + at, true, word.n);
}

/* The parts of a name, too: "kim.lee@example.org" is made of four words. */
static void take_out_name(struct rest *r, struct yg_str name)
{
    size_t from = 0;

    take_out(r, name);
    for (size_t i = 0; i <= name.n; i++) {
        if (i < name.n && !strchr(" .,-_@+/", name.p[i]))
            continue;
        take_out(r, (struct yg_str){ name.p + from, i - from });
        from = i + 1;
    }
}

/* Characters that follow each other, up, down or not at all. */
static void take_out_runs(struct rest *r)
{
    for (int by = -1; by <= 1; by++)
        for (size_t from = 0, i = 1; i <= r->n; i++) {
            if (i < r->n && r->p[i] - r->p[i - 1] == by)
                continue;
            if (i - from >= RUN_MIN)
                memset(r->out + from, true, i - from);
            from = i;
        }
}

static unsigned different(const struct rest *r)
{
    bool seen[256] = { false };
    unsigned n = 0;

    for (size_t i = 0; i < r->n; i++) {
        unsigned char c = (unsigned char)fold(r->p[i]);
        if (r->out[i] || seen[c])
            continue;
        seen[c] = true;
        n++;
    }
    return n;
}

/* Characters; 0: it is not text. */
static size_t characters(struct yg_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t count = 0;

    for (size_t i = 0; i < s.n; count++) {
        size_t n = yg_utf8_len(p + i, s.n - i);
        if (n == 0 || p[i] < 0x20 || p[i] == 0x7f)
            return 0;
        i += n;
    }
    return count;
}

enum yg_status yg_password_check(struct yg_str password, struct yg_str name,
                                 const struct yg_scope *tenants, struct yg_err *err)
{
    struct rest r = { .p = password.p, .n = password.n };

    if (password.n > YG_PASSWORD_MAX)
        return yg_err_set(err, YG_EINVAL,
                          "the password is longer than %d bytes; use a shorter one",
                          YG_PASSWORD_MAX);
    size_t n = characters(password);
    if (n == 0 && password.n > 0)
        return yg_err_set(err, YG_EINVAL,
                          "the password is not UTF-8 text without control characters");
    if (n < YG_PASSWORD_MIN)
        return yg_err_set(err, YG_EINVAL,
                          "the password is shorter than %d characters; use a longer one, "
                          "such as four words of your own",
                          YG_PASSWORD_MIN);
    take_out_name(&r, name);
    for (size_t i = 0; i < tenants->tenants; i++)
        take_out_name(&r, tenants->tenant[i]);
    for (size_t i = 0; i < YG_ARRAY_LEN(common); i++)
        take_out(&r, common[i]);
    take_out_runs(&r);
    if (different(&r) < YG_PASSWORD_REST)
        return yg_err_set(
            err, YG_EINVAL,
            "the password is easily guessed: beside common words, names and "
            "runs such as 1234 it has less than %d different characters",
            YG_PASSWORD_REST);
    return YG_OK;
}

/* ---- how it is kept --------------------------------------------------------------- */

struct yg_password_cost yg_password_cost(uint64_t ops, size_t memory)
{
    return (struct yg_password_cost){
        .ops = ops ? ops : crypto_pwhash_OPSLIMIT_INTERACTIVE,
        .memory = memory ? memory : crypto_pwhash_MEMLIMIT_INTERACTIVE,
    };
}

enum yg_status yg_password_hash(struct yg_str password, struct yg_password_cost cost,
                                char out[YG_PASSWORD_HASH], struct yg_err *err)
{
    _Static_assert(crypto_pwhash_STRBYTES <= YG_PASSWORD_HASH, "room");
    if (crypto_pwhash_str(out, password.p, password.n, cost.ops, cost.memory) != 0)
        return yg_err_set(err, YG_ENOMEM, "no memory to hash a password (%zu KiB)",
                          cost.memory / 1024);
    return YG_OK;
}

void yg_password_nobody(struct yg_password_cost cost, char out[YG_PASSWORD_HASH])
{
    /* salt and digest of nothing: to find what hashes to it is to break argon2 */
    snprintf(out, YG_PASSWORD_HASH, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s",
             cost.memory / 1024, (unsigned long long)cost.ops, "eWFndXJhIG5vYm9keSAuLg",
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

/* The cost that a hash names. */
static bool cost_of(const char *hash, uint64_t *kib, uint64_t *rounds)
{
    const struct yg_str head = YG_STR("$argon2id$v=19$m="), end = YG_STR("p=1");
    struct yg_str rest = yg_str_of(hash);

    if (!yg_str_starts(rest, head))
        return false;
    rest.p += head.n;
    rest.n -= head.n;
    struct yg_str m = yg_str_cut(&rest, ','), t = yg_str_cut(&rest, ',');
    return yg_str_u64(m, kib) && yg_str_starts(t, YG_STR("t=")) &&
           yg_str_u64((struct yg_str){ t.p + 2, t.n - 2 }, rounds) &&
           yg_str_starts(rest, end);
}

bool yg_password_match(struct yg_str password, const char *hash)
{
    uint64_t kib, rounds;

    return cost_of(hash, &kib, &rounds) && kib <= MEMORY_MAX && rounds <= ROUNDS_MAX &&
           password.n <= YG_PASSWORD_MAX &&
           crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n) == 0;
}

bool yg_password_is_old(const char *hash, struct yg_password_cost cost)
{
    uint64_t kib, rounds;

    return !cost_of(hash, &kib, &rounds) || kib < cost.memory / 1024 || rounds < cost.ops;
}
