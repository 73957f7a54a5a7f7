/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rulebook.h"

#include "base/buf.h"
#include "base/cursor.h"
#include "thin/tally.h"

#include <stdio.h>
#include <stdlib.h>

#define META     "rules"
#define VERSION  1U
#define BLOB_MAX ((size_t)15 << 20)
#define SAYS_MAX 1024

static enum yg_status damaged(struct yg_err *err)
{
    return yg_err_set(err, YG_ECORRUPT,
                      "the store's list of rules is damaged; restore the last backup");
}

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "no memory for the rules on alerts");
}

static enum yg_status read_all(struct yg_rulebook *b, struct yg_str blob,
                               struct yg_err *err)
{
    struct yg_cursor in = yg_cursor_of(blob.p, blob.n);
    uint32_t version = yg_cursor_le32(&in), count = yg_cursor_le32(&in);

    if (!yg_cursor_ok(&in) || version != VERSION || count > YG_RULEBOOK_MAX)
        return damaged(err);
    for (uint32_t i = 0; i < count; i++) {
        struct yg_rulebook_entry *e = &b->entry[i];
        struct yg_str digest = yg_cursor_take(&in, YG_DIGEST_SIZE);
        if (digest.p)
            memcpy(e->digest, digest.p, YG_DIGEST_SIZE);
        e->name = yg_arena_str(&b->arena, yg_cursor_lstr(&in, YG_THIN_NAME_MAX));
        e->says = yg_arena_str(&b->arena, yg_cursor_lstr(&in, SAYS_MAX));
    }
    if (!yg_cursor_ok(&in) || yg_cursor_left(&in) != 0)
        return damaged(err);
    b->count = count;
    return YG_OK;
}

enum yg_status yg_rulebook_open(struct yg_store *st, const struct yg_thin_rules *rules,
                                struct yg_rulebook *out, struct yg_err *err)
{
    struct yg_str blob;

    *out = (struct yg_rulebook){ .rules = rules };
    yg_arena_init(&out->arena, 4 * BLOB_MAX);
    out->entry = calloc(YG_RULEBOOK_MAX, sizeof(*out->entry));
    out->number = calloc((rules ? rules->count : 0) + 1, sizeof(*out->number));
    if (!out->entry || !out->number)
        return no_memory(err);
    enum yg_status rc = yg_store_meta_get(st, META, &out->arena, &blob, err);
    if (rc == YG_ENOTFOUND)
        return YG_OK;
    return rc == YG_OK ? read_all(out, blob, err) : rc;
}

void yg_rulebook_close(struct yg_rulebook *b)
{
    free(b->entry);
    free(b->number);
    yg_arena_fini(&b->arena);
    *b = (struct yg_rulebook){ .count = 0 };
}

static enum yg_status put_all(const struct yg_rulebook *b, struct yg_store *st,
                              struct yg_err *err)
{
    struct yg_buf out;

    yg_buf_init(&out, BLOB_MAX);
    yg_buf_u32(&out, VERSION);
    yg_buf_u32(&out, b->count);
    for (uint32_t i = 0; i < b->count; i++) {
        yg_buf_add(&out, b->entry[i].digest, YG_DIGEST_SIZE);
        yg_buf_lstr(&out, b->entry[i].name);
        yg_buf_lstr(&out, b->entry[i].says);
    }
    enum yg_status rc = yg_buf_status(&out) == YG_OK
                            ? yg_store_meta_put(st, META, yg_buf_str(&out), err)
                            : no_memory(err);
    yg_buf_fini(&out);
    return rc;
}

enum yg_status yg_rulebook_number(struct yg_rulebook *b, struct yg_store *st,
                                  uint32_t place, uint16_t *out, struct yg_err *err)
{
    const struct yg_thin_rule *r = &b->rules->rule[place];
    unsigned char digest[YG_DIGEST_SIZE];
    uint32_t i = 0;

    if (b->number[place] > 0) {
        *out = b->number[place];
        return YG_OK;
    }
    yg_closing_digest(r, digest);
    while (i < b->count && (memcmp(b->entry[i].digest, digest, sizeof(digest)) != 0 ||
                            !yg_str_eq(b->entry[i].says, r->says)))
        i++;
    if (i == YG_RULEBOOK_MAX) {
        *out = 0;
        return YG_OK;
    }
    enum yg_status rc = YG_OK;
    if (i == b->count) {
        memcpy(b->entry[i].digest, digest, sizeof(digest));
        b->entry[i].name = r->name;
        b->entry[i].says = r->says;
        b->count++;
        rc = put_all(b, st, err);
    }
    *out = b->number[place] = (uint16_t)(i + 1);
    return rc;
}

const struct yg_rulebook_entry *yg_rulebook_get(const struct yg_rulebook *b,
                                                uint16_t number)
{
    return number > 0 && number <= b->count ? &b->entry[number - 1] : NULL;
}

enum yg_status yg_rulebook_says(struct yg_store *st, uint16_t number,
                                struct yg_arena *arena, struct yg_str *out,
                                struct yg_err *err)
{
    struct yg_rulebook b;

    *out = YG_STR_NONE;
    if (number == 0)
        return YG_OK;
    enum yg_status rc = yg_rulebook_open(st, NULL, &b, err);
    const struct yg_rulebook_entry *e = rc == YG_OK ? yg_rulebook_get(&b, number) : NULL;
    if (e) {
        *out = yg_arena_str(arena, e->says);
        rc = out->p ? YG_OK : no_memory(err);
    }
    yg_rulebook_close(&b);
    return rc;
}

/* ---- what certificates speak of -----------------------------------------------------
 */

static const char *set_name(const unsigned char set[YG_DIGEST_SIZE], char out[80])
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(set, YG_DIGEST_SIZE, hex);
    snprintf(out, 80, META ".set.%s", hex);
    return out;
}

static bool is_closing(const struct yg_thin_rule *r)
{
    return r->what == YG_THIN_CLOSE && !r->expired;
}

static const char *text_name(const unsigned char set[YG_DIGEST_SIZE], char out[80])
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(set, YG_DIGEST_SIZE, hex);
    snprintf(out, 80, META ".text.%s", hex);
    return out;
}

static void digest_of_set(const struct yg_thin_rules *rules, struct yg_buf *blob)
{
    unsigned char digest[YG_DIGEST_SIZE];

    for (uint32_t i = 0; rules && i < rules->count; i++) {
        if (!is_closing(&rules->rule[i]))
            continue;
        yg_closing_digest(&rules->rule[i], digest);
        yg_buf_add(blob, digest, sizeof(digest));
    }
}

/* All of the list, so that it reads back as it was. */
static enum yg_status put_text(struct yg_store *st, const struct yg_thin_rules *rules,
                               const unsigned char set[YG_DIGEST_SIZE],
                               struct yg_err *err)
{
    struct yg_buf text;
    char name[80];

    yg_buf_init(&text, BLOB_MAX);
    yg_thin_print(rules, &text);
    enum yg_status rc =
        yg_buf_status(&text) == YG_OK
            ? yg_store_meta_put(st, text_name(set, name), yg_buf_str(&text), err)
            : no_memory(err);
    yg_buf_fini(&text);
    return rc;
}

enum yg_status yg_rulebook_set_rules(struct yg_store *st, const unsigned char *set,
                                     int64_t at_ns, struct yg_arena *arena,
                                     struct yg_thin_rules *out, struct yg_err *err)
{
    static const unsigned char none[YG_DIGEST_SIZE];
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_str text;
    struct yg_buf blob;
    char name[80];

    *out = (struct yg_thin_rules){ .count = 0 };
    if (memcmp(set, none, sizeof(none)) == 0)
        return YG_OK;
    enum yg_status rc = yg_store_meta_get(st, text_name(set, name), arena, &text, err);
    if (rc == YG_OK)
        rc = yg_thin_parse(arena, "the store's rules", text, at_ns, out, err);
    if (rc != YG_OK)
        return rc == YG_ENOMEM ? rc : damaged(err);
    yg_buf_init(&blob, BLOB_MAX);
    digest_of_set(out, &blob);
    yg_digest_of(yg_buf_str(&blob).p, yg_buf_str(&blob).n, digest);
    yg_buf_fini(&blob);
    return memcmp(digest, set, sizeof(digest)) == 0 ? YG_OK : damaged(err);
}

enum yg_status yg_rulebook_put_set(struct yg_store *st, const struct yg_thin_rules *rules,
                                   unsigned char set[YG_DIGEST_SIZE], struct yg_err *err)
{
    struct yg_buf blob;
    char name[80];
    enum yg_status rc = YG_OK;

    memset(set, 0, YG_DIGEST_SIZE);
    yg_buf_init(&blob, BLOB_MAX);
    digest_of_set(rules, &blob);
    struct yg_str s = yg_buf_str(&blob);
    if (yg_buf_status(&blob) != YG_OK)
        rc = no_memory(err);
    if (rc == YG_OK && s.n > 0) {
        yg_digest_of(s.p, s.n, set);
        rc = yg_store_meta_put(st, set_name(set, name), s, err);
        if (rc == YG_OK)
            rc = put_text(st, rules, set, err);
    }
    yg_buf_fini(&blob);
    return rc;
}

static bool holds(struct yg_str blob, const unsigned char digest[YG_DIGEST_SIZE])
{
    for (size_t i = 0; i + YG_DIGEST_SIZE <= blob.n; i += YG_DIGEST_SIZE)
        if (memcmp(blob.p + i, digest, YG_DIGEST_SIZE) == 0)
            return true;
    return false;
}

enum yg_status yg_rulebook_in_set(struct yg_store *st, const unsigned char *set,
                                  const struct yg_thin_rules *rules, uint64_t *bits,
                                  uint32_t *all, struct yg_err *err)
{
    static const unsigned char none[YG_DIGEST_SIZE];
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_arena arena;
    struct yg_str blob;
    char name[80];

    memset(bits, 0, YG_THIN_RULES / 8);
    *all = 0;
    if (memcmp(set, none, sizeof(none)) == 0)
        return YG_OK;
    yg_arena_init(&arena, 2 * BLOB_MAX);
    enum yg_status rc = yg_store_meta_get(st, set_name(set, name), &arena, &blob, err);
    if (rc == YG_OK) {
        yg_digest_of(blob.p, blob.n, digest);
        if (memcmp(digest, set, sizeof(digest)) != 0)
            rc = damaged(err);
    } else if (rc == YG_ENOTFOUND) {
        rc = damaged(err);
    }
    for (uint32_t i = 0; rc == YG_OK && rules && i < rules->count; i++) {
        if (!is_closing(&rules->rule[i]))
            continue;
        yg_closing_digest(&rules->rule[i], digest);
        if (holds(blob, digest))
            bits[i / 64] |= (uint64_t)1 << (i % 64);
    }
    *all = rc == YG_OK ? (uint32_t)(blob.n / YG_DIGEST_SIZE) : 0;
    yg_arena_fini(&arena);
    return rc;
}
