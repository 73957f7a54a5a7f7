/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ledger.h"

#include "store/ledger_priv.h"

#include <sodium.h>

#define BYTES_MAX ((size_t)1 << 20)

_Static_assert(crypto_sign_PUBLICKEYBYTES == 32 && crypto_sign_BYTES == 64, "ed25519");

static struct yg_str bytes_of(const unsigned char *p, size_t n)
{
    return (struct yg_str){ (const char *)p, n };
}

/* ---- certificates -------------------------------------------------------------- */

struct certificate_row {
    struct yg_ledger_certificate c;
    uint64_t seq;
    unsigned char chain[YG_DIGEST_SIZE];
};

static void read_certificate_row(struct yg_row *r, struct certificate_row *to)
{
    struct yg_ledger_certificate *c = &to->c;

    to->seq = yg_row_u64(r, 1, INT64_MAX);
    c->tenant = yg_row_str(r);
    c->attempt = (uint32_t)yg_row_u64(r, 1, UINT32_MAX);
    c->made_ns = yg_row_i64(r);
    yg_row_bytes(r, c->digest, sizeof(c->digest));
    yg_row_bytes(r, c->model, sizeof(c->model));
    c->bytes = yg_row_str(r);
    yg_row_bytes(r, c->key, sizeof(c->key));
    yg_row_bytes(r, c->sig, sizeof(c->sig));
    yg_row_bytes(r, to->chain, sizeof(to->chain));
}

static void read_certificate(struct yg_row *r, void *to)
{
    struct certificate_row row;

    read_certificate_row(r, &row);
    *(struct yg_ledger_certificate *)to = row.c;
}

static const struct yg_row_kind certificate_kind = {
    .what = "certificate",
    .size = sizeof(struct yg_ledger_certificate),
    .read = read_certificate,
};

static bool digest_fits(const struct yg_ledger_certificate *c)
{
    unsigned char made[YG_DIGEST_SIZE];

    yg_digest_of(c->bytes.p, c->bytes.n, made);
    return memcmp(made, c->digest, sizeof(made)) == 0;
}

/* All zero: it was not signed. */
static bool signature_fits(const struct yg_ledger_certificate *c)
{
    if (sodium_is_zero(c->key, sizeof(c->key)) && sodium_is_zero(c->sig, sizeof(c->sig)))
        return true;
    return crypto_sign_verify_detached(c->sig, c->digest, sizeof(c->digest), c->key) == 0;
}

static void digest_certificate(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                               uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                               unsigned char made[YG_DIGEST_SIZE], const char **fault);

static const struct yg_chain_table certificate_chain = {
    .name = "certificate",
    .last = YG_Q_CERTIFICATE_LAST,
    .rows = YG_Q_CERTIFICATES,
    .digest = digest_certificate,
};

static void chain_certificate(const struct yg_ledger_certificate *c, uint64_t seq,
                              const unsigned char prev[YG_DIGEST_SIZE],
                              unsigned char made[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_chain_init(&d, &certificate_chain, prev);
    yg_chain_u64(&d, seq);
    yg_chain_str(&d, c->tenant);
    yg_chain_u64(&d, c->attempt);
    yg_chain_u64(&d, (uint64_t)c->made_ns);
    yg_digest_add(&d, c->digest, sizeof(c->digest));
    yg_digest_add(&d, c->model, sizeof(c->model));
    yg_chain_str(&d, c->bytes);
    yg_digest_add(&d, c->key, sizeof(c->key));
    yg_digest_add(&d, c->sig, sizeof(c->sig));
    yg_digest_done(&d, made);
}

static void digest_certificate(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                               uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                               unsigned char made[YG_DIGEST_SIZE], const char **fault)
{
    struct certificate_row row;

    read_certificate_row(r, &row);
    chain_certificate(&row.c, row.seq, prev, made);
    *seq = row.seq;
    memcpy(held, row.chain, sizeof(row.chain));
    if (!digest_fits(&row.c))
        *fault = "the certificate does not match its digest";
    else if (!signature_fits(&row.c))
        *fault = "the certificate's signature is wrong";
}

static enum yg_status insert_certificate(struct yg_store *st,
                                         const struct yg_ledger_certificate *c,
                                         const struct yg_chain *end, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_CERTIFICATE_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)end->rows);
    yg_db_bind_blob(s, 2, c->tenant);
    yg_db_bind_int(s, 3, c->attempt);
    yg_db_bind_int(s, 4, c->made_ns);
    yg_db_bind_blob(s, 5, bytes_of(c->digest, sizeof(c->digest)));
    yg_db_bind_blob(s, 6, bytes_of(c->model, sizeof(c->model)));
    yg_db_bind_blob(s, 7, c->bytes);
    yg_db_bind_blob(s, 8, bytes_of(c->key, sizeof(c->key)));
    yg_db_bind_blob(s, 9, bytes_of(c->sig, sizeof(c->sig)));
    yg_db_bind_blob(s, 10, bytes_of(end->head, sizeof(end->head)));
    rc = yg_store_run(st, s, err);
    return rc == YG_OK ? yg_chain_put(st, &certificate_chain, end, err) : rc;
}

static enum yg_status
may_be_put(struct yg_store *st, const struct yg_ledger_certificate *c, struct yg_err *err)
{
    uint32_t next = 0;

    if (c->bytes.n == 0 || c->bytes.n > BYTES_MAX || c->tenant.n > YG_LEDGER_TEXT_MAX)
        return yg_err_set(err, YG_EINVAL, "ledger: a certificate has 1 byte to 1 MiB");
    if (!digest_fits(c))
        return yg_err_set(err, YG_EINVAL, "ledger: this is not the digest of the bytes");
    enum yg_status rc = yg_ledger_attempt(st, c->tenant, &next, err);
    if (rc != YG_OK)
        return rc;
    if (c->attempt > 0 && c->attempt < next)
        return yg_err_set(err, YG_EEXIST, "ledger: attempt %u was made already",
                          (unsigned)c->attempt);
    if (c->attempt != next)
        return yg_err_set(err, YG_EINVAL, "ledger: the next attempt is number %u, not %u",
                          (unsigned)next, (unsigned)c->attempt);
    return YG_OK;
}

enum yg_status yg_ledger_certificate_put(struct yg_store *st,
                                         const struct yg_ledger_certificate *c,
                                         struct yg_err *err)
{
    struct yg_chain end;
    enum yg_status rc = yg_store_begin(st, err);

    if (rc == YG_OK)
        rc = may_be_put(st, c, err);
    if (rc == YG_OK)
        rc = yg_chain_end(st, &certificate_chain, &end, err);
    if (rc != YG_OK)
        return rc;
    end.rows++;
    chain_certificate(c, end.rows, end.head, end.head);
    return insert_certificate(st, c, &end, err);
}

enum yg_status yg_ledger_certificates(struct yg_store *st, struct yg_str tenant,
                                      struct yg_arena *arena,
                                      struct yg_ledger_certificate **out, size_t *count,
                                      struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_CERTIFICATES_TENANT, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, tenant);
    rc = yg_row_all(st, s, &certificate_kind, arena, &all, err);
    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}

enum yg_status yg_ledger_certificate_get(struct yg_store *st, struct yg_str hex,
                                         struct yg_arena *arena,
                                         struct yg_ledger_certificate *out,
                                         struct yg_err *err)
{
    unsigned char low[YG_DIGEST_SIZE], high[YG_DIGEST_SIZE];
    struct yg_row_list found;
    enum yg_status rc;

    if (!yg_hex_range(hex, low, high, sizeof(low)))
        return yg_err_set(err, YG_EINVAL,
                          "'%.*s' is not a certificate: give 6 to 64 hex digits",
                          YG_STR_ARG(hex));
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_CERTIFICATE_RANGE, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, bytes_of(low, sizeof(low)));
    yg_db_bind_blob(s, 2, bytes_of(high, sizeof(high)));
    rc = yg_row_all(st, s, &certificate_kind, arena, &found, err);
    if (rc != YG_OK)
        return rc;
    const struct yg_ledger_certificate *c = found.p;
    if (found.n == 0)
        return yg_err_set(err, YG_ENOTFOUND, "no certificate %.*s", YG_STR_ARG(hex));
    if (found.n > 1 && memcmp(c[0].digest, c[1].digest, sizeof(c->digest)) != 0)
        return yg_err_set(err, YG_EINVAL,
                          "several certificates begin with %.*s: give more digits",
                          YG_STR_ARG(hex));
    *out = c[0];
    return YG_OK;
}

enum yg_status yg_ledger_attempt(struct yg_store *st, struct yg_str tenant,
                                 uint32_t *attempt, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_ATTEMPTS, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, tenant);
    rc = yg_db_step(st->db, s, err);
    if (rc != YG_OK)
        return rc;
    struct yg_row r = yg_row_of(s, NULL);
    uint64_t made = yg_row_u64(&r, 0, UINT32_MAX - 1);
    rc = yg_row_done(&r, certificate_kind.what, err);
    yg_db_reset(s);
    if (rc == YG_OK)
        *attempt = (uint32_t)made + 1;
    return rc;
}

/* ---- orders -------------------------------------------------------------------- */

static void read_order(struct yg_row *r, void *to)
{
    struct yg_order *o = to;

    o->seq = yg_row_u64(r, 1, INT64_MAX);
    o->at_ns = yg_row_i64(r);
    o->tenant = yg_row_str(r);
    o->who = yg_row_str(r);
    o->why = yg_row_str(r);
    yg_row_bytes(r, o->certificate, sizeof(o->certificate));
    o->devices = (uint32_t)yg_row_u64(r, 0, (1U << YG_DEV_COUNT) - 1);
    o->fall = (uint32_t)yg_row_u64(r, 0, (1U << YG_FALL_COUNT) - 1);
    o->kind = (uint8_t)yg_row_u64(r, YG_ORDER_ARM, YG_ORDER_RENEW);
    yg_row_bytes(r, o->chain, sizeof(o->chain));
}

static const struct yg_row_kind order_kind = {
    .what = "standing_order",
    .size = sizeof(struct yg_order),
    .read = read_order,
};

static void digest_order(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                         uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                         unsigned char made[YG_DIGEST_SIZE], const char **fault);

static const struct yg_chain_table order_chain = {
    .name = "standing_order",
    .last = YG_Q_ORDER_LAST,
    .rows = YG_Q_ORDERS,
    .digest = digest_order,
};

static void chain_order(const struct yg_order *o, uint64_t seq,
                        const unsigned char prev[YG_DIGEST_SIZE],
                        unsigned char made[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_chain_init(&d, &order_chain, prev);
    yg_chain_u64(&d, seq);
    yg_chain_u64(&d, (uint64_t)o->at_ns);
    yg_chain_str(&d, o->tenant);
    yg_chain_str(&d, o->who);
    yg_chain_str(&d, o->why);
    yg_digest_add(&d, o->certificate, sizeof(o->certificate));
    yg_chain_u64(&d, o->devices);
    yg_chain_u64(&d, o->fall);
    yg_chain_u64(&d, o->kind);
    yg_digest_done(&d, made);
}

static void digest_order(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                         uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                         unsigned char made[YG_DIGEST_SIZE], const char **fault)
{
    struct yg_order o;

    (void)fault;
    read_order(r, &o);
    chain_order(&o, o.seq, prev, made);
    *seq = o.seq;
    memcpy(held, o.chain, sizeof(o.chain));
}

static enum yg_status insert_order(struct yg_store *st, const struct yg_order *o,
                                   const struct yg_chain *end, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_ORDER_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)end->rows);
    yg_db_bind_int(s, 2, o->at_ns);
    yg_db_bind_blob(s, 3, o->tenant);
    yg_db_bind_blob(s, 4, o->who);
    yg_db_bind_blob(s, 5, o->why);
    yg_db_bind_blob(s, 6, bytes_of(o->certificate, sizeof(o->certificate)));
    yg_db_bind_int(s, 7, o->devices);
    yg_db_bind_int(s, 8, o->fall);
    yg_db_bind_int(s, 9, o->kind);
    yg_db_bind_blob(s, 10, bytes_of(end->head, sizeof(end->head)));
    rc = yg_store_run(st, s, err);
    return rc == YG_OK ? yg_chain_put(st, &order_chain, end, err) : rc;
}

enum yg_status yg_ledger_order_put(struct yg_store *st, const struct yg_order *o,
                                   struct yg_err *err)
{
    struct yg_chain end;

    if (o->kind < YG_ORDER_ARM || o->kind > YG_ORDER_RENEW ||
        o->devices >> YG_DEV_COUNT != 0 || o->fall >> YG_FALL_COUNT != 0 ||
        o->tenant.n > YG_LEDGER_TEXT_MAX || o->who.n > YG_LEDGER_TEXT_MAX ||
        o->why.n > YG_LEDGER_TEXT_MAX)
        return yg_err_set(err, YG_EINVAL, "ledger: this is not an order");
    enum yg_status rc = yg_store_begin(st, err);
    if (rc == YG_OK)
        rc = yg_chain_end(st, &order_chain, &end, err);
    if (rc != YG_OK)
        return rc;
    end.rows++;
    chain_order(o, end.rows, end.head, end.head);
    return insert_order(st, o, &end, err);
}

enum yg_status yg_ledger_orders(struct yg_store *st, struct yg_str tenant,
                                struct yg_arena *arena, struct yg_order **out,
                                size_t *count, struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc;
    struct yg_db_stmt *s =
        yg_store_stmt(st, tenant.n ? YG_Q_ORDERS_TENANT : YG_Q_ORDERS, &rc, err);

    if (!s)
        return rc;
    if (tenant.n)
        yg_db_bind_blob(s, 1, tenant);
    rc = yg_row_all(st, s, &order_kind, arena, &all, err);
    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}

/* ---- verify -------------------------------------------------------------------- */

enum yg_status yg_ledger_verify_all(struct yg_store *st, struct yg_ledger_state *out,
                                    struct yg_err *err)
{
    struct yg_chain orders = { 0 }, certificates = { 0 }, tosses = { 0 }, audits = { 0 };
    struct yg_digest d;
    enum yg_status rc = yg_store_snapshot(st, err);

    if (rc != YG_OK)
        return rc;
    rc = yg_chain_verify(st, &order_chain, &orders, err);
    if (rc == YG_OK)
        rc = yg_chain_verify(st, &certificate_chain, &certificates, err);
    if (rc == YG_OK)
        rc = yg_chain_verify(st, &yg_toss_chain, &tosses, err);
    if (rc == YG_OK)
        rc = yg_chain_verify(st, &yg_audit_chain, &audits, err);
    if (rc == YG_OK)
        rc = yg_audit_log_verify(st, err);
    yg_store_snapshot_end(st);
    if (rc != YG_OK)
        return rc;
    yg_digest_init(&d);
    yg_digest_add(&d, orders.head, sizeof(orders.head));
    yg_digest_add(&d, certificates.head, sizeof(certificates.head));
    yg_digest_add(&d, tosses.head, sizeof(tosses.head));
    yg_digest_add(&d, audits.head, sizeof(audits.head));
    out->orders = orders.rows;
    out->certificates = certificates.rows;
    out->tosses = tosses.rows;
    out->states = audits.rows;
    yg_digest_done(&d, out->head);
    return YG_OK;
}

enum yg_status yg_ledger_verify(struct yg_store *st, uint64_t *rows, struct yg_err *err)
{
    struct yg_ledger_state state;
    enum yg_status rc = yg_ledger_verify_all(st, &state, err);

    if (rc == YG_OK)
        *rows = state.orders;
    return rc;
}
