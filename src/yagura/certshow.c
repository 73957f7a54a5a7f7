/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/certshow.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/text.h"
#include "pipeline/attest.h"

static void digest_text(const unsigned char *digest, struct yg_buf *out)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(digest, YG_DIGEST_SIZE, hex);
    yg_buf_printf(out, "  digest %s\n", hex);
}

static void digest_json(const unsigned char *digest, struct yg_jsonw *w)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(digest, YG_DIGEST_SIZE, hex);
    yg_jsonw_kcstr(w, "digest", hex);
}

/* All promises hold together with what their number leaves of certainty. */
static void fleet_text(const struct yg_certshow_all *all, struct yg_buf *out)
{
    size_t tenants = 0;

    for (size_t i = 0; i < all->n; i++)
        tenants += all->v[i].tenant.n > 0;
    if (tenants < 2)
        return;
    double delta = all->v[0].certificate.delta;
    yg_buf_printf(out,
                  "%zu tenants, each with an error probability of %g: expect up to %.2g "
                  "tenants for which a promise does not hold.\n",
                  tenants, delta, (double)tenants * delta);
}

void yg_certshow_text(const struct yg_certshow_all *all, struct yg_buf *out)
{
    for (size_t i = 0; i < all->n; i++) {
        yg_certificate_text(&all->v[i].certificate, out);
        digest_text(all->v[i].digest, out);
        yg_buf_char(out, '\n');
    }
    fleet_text(all, out);
    if (all->n == 0)
        yg_buf_printf(out, "Nothing to test on: no verdict is later than the model's "
                           "newest. Train with --until and\nkeep the later ones for "
                           "this test.\n");
    if (all->in_force &&
        (all->n == 0 || (all->pool && !yg_certificate_may_arm(all->pool)))) {
        yg_buf_printf(out, "\nUntil then, in shadow mode:\n");
        yg_certificate_text(all->in_force, out);
    }
}

static void one_json(const struct yg_certificate *c, struct yg_jsonw *w)
{
    if (c)
        yg_certificate_json(c, w);
    else
        yg_jsonw_null(w);
}

void yg_certshow_json(const struct yg_certshow_all *all, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "later_verdicts", all->later);
    yg_jsonw_key(&w, "tested");
    one_json(all->pool, &w);
    yg_jsonw_key(&w, "in_force");
    one_json(all->in_force, &w);
    yg_jsonw_key(&w, "certificates");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < all->n; i++) {
        yg_jsonw_open(&w, '{');
        digest_json(all->v[i].digest, &w);
        yg_jsonw_key(&w, "certificate");
        yg_certificate_json(&all->v[i].certificate, &w);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

/* One line of the list. */
static void row_text(const struct yg_ledger_certificate *row,
                     const struct yg_certificate *c, struct yg_buf *out)
{
    char hex[13], made[YG_TIME_TEXT_MAX];

    yg_hex(row->digest, 6, hex);
    yg_buf_printf(out, "%s  %-20s %3u  %s  %-5s closes below %-10u %s%s\n", hex,
                  yg_time_text(row->made_ns, made), c->attempt, yg_level_name(c->protect),
                  yg_certificate_mode_name(c->mode), c->tau,
                  yg_certificate_may_arm(c)            ? "may arm"
                  : c->provisional == 0 || c->tau == 0 ? "sets no threshold"
                                                       : "provisional",
                  yg_certificate_may_arm(c) && yg_certificate_needs_owner(c)
                      ? " (owner's acceptance)"
                      : "");
}

static void row_json(const struct yg_ledger_certificate *row,
                     const struct yg_certificate *c, struct yg_jsonw *w)
{
    yg_jsonw_open(w, '{');
    digest_json(row->digest, w);
    yg_jsonw_key(w, "certificate");
    yg_certificate_json(c, w);
    yg_jsonw_close(w, '}');
}

/* All of one tenant, oldest first. */
static enum yg_status list_tenant(struct yg_app *a, const unsigned char *key,
                                  struct yg_str tenant, struct yg_buf *out,
                                  struct yg_jsonw *w, struct yg_err *err)
{
    struct yg_ledger_certificate *row;
    size_t n = 0;
    enum yg_status st =
        yg_ledger_certificates(a->store, tenant, &a->arena, &row, &n, err);

    if (st == YG_OK && n > 0 && !w) {
        yg_text_safe(out, tenant.n ? tenant : YG_STR("all"));
        yg_buf_char(out, '\n');
    }
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        struct yg_certificate c;
        st = yg_attest_read(&row[i], key, &c, err);
        if (st == YG_OK && w)
            row_json(&row[i], &c, w);
        else if (st == YG_OK)
            row_text(&row[i], &c, out);
    }
    return st;
}

static enum yg_status list(struct yg_app *a, const unsigned char *key, struct yg_buf *out,
                           struct yg_err *err)
{
    struct yg_store_tenant *t;
    struct yg_jsonw w = yg_jsonw_of(out), *json = a->json ? &w : NULL;
    size_t n = 0;
    enum yg_status st = yg_store_tenants(a->store, &a->arena, &t, &n, err);

    if (json)
        yg_jsonw_open(json, '[');
    if (st == YG_OK)
        st = list_tenant(a, key, YG_STR_NONE, out, json, err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        st = list_tenant(a, key, t[i].name, out, json, err);
    if (json) {
        yg_jsonw_close(json, ']');
        yg_buf_char(out, '\n');
    } else if (st == YG_OK && yg_buf_str(out).n == 0) {
        yg_buf_printf(out, "No certificate was made yet: run `yagura certify`.\n");
    }
    return st;
}

enum yg_status yg_certshow_stored(struct yg_app *a, const unsigned char *key,
                                  const char *digest, struct yg_buf *out,
                                  struct yg_err *err)
{
    struct yg_ledger_certificate row;
    struct yg_certificate c;

    if (!digest)
        return list(a, key, out, err);
    enum yg_status st =
        yg_ledger_certificate_get(a->store, yg_str_of(digest), &a->arena, &row, err);
    if (st == YG_OK)
        st = yg_attest_read(&row, key, &c, err);
    if (st != YG_OK)
        return st;
    if (a->json) {
        struct yg_jsonw w = yg_jsonw_of(out);
        row_json(&row, &c, &w);
        yg_buf_char(out, '\n');
    } else {
        yg_certificate_text(&c, out);
        digest_text(row.digest, out);
        yg_buf_printf(out, "  signed by this store's key\n");
    }
    return YG_OK;
}

void yg_certshow_again(const struct yg_ledger_certificate *row, bool json,
                       struct yg_buf *out)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(row->digest, YG_DIGEST_SIZE, hex);
    if (json)
        yg_buf_printf(out, "{\"digest\":\"%s\",\"same\":true,\"bytes\":%zu}\n", hex,
                      row->bytes.n);
    else
        yg_buf_printf(out, "the same %zu bytes, computed again: %s\n", row->bytes.n, hex);
}
