/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols_priv.h"

#include "base/status.h"
#include "feature/bytestat.h"
#include "feature/traits.h"
#include "packet/app.h"
#include "packet/filekind.h"
#include "packet/peel.h"

#include <math.h>

#define PEELS_MAX  16U /* questions whose encodings are taken off */
#define PEEL_LEN   2048U
#define LOOKS_MAX  16U /* answers whose content is looked at, besides the largest */
#define LOOK_LEN   65536U
#define GLANCE_LEN 2048U /* of others than the largest */

static struct yg_str front(struct yg_str s, size_t most)
{
    return (struct yg_str){ s.p, s.n < most ? s.n : most };
}

static void at_least(float *x, double v)
{
    if (!((double)*x >= v)) /* NaN, too */
        *x = (float)v;
}

/* ---- header lines of HTTP ---------------------------------------------------------- */

static bool is_common(struct yg_str name)
{
    static const char *const common[] = {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Referer",
        "Origin",
        "Authorization",
        "Cache-Control",
        "Pragma",
        "If-Modified-Since",
        "If-None-Match",
        "Range",
        "Upgrade-Insecure-Requests",
        "X-Requested-With",
        "DNT",
        "Keep-Alive",
        "Transfer-Encoding",
        "Upgrade",
        "Via",
        "X-Forwarded-For",
        "Sec-Fetch-Site",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Dest",
        "Sec-Fetch-User",
        "Expect",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(common); i++)
        if (yg_str_eq_nocase(name, yg_str_of(common[i])))
            return true;
    return false;
}

static void put_headers(struct yg_str head, float *row)
{
    uint32_t lines = 0, odd = 0;
    bool referer = false, cookie = false;

    (void)yg_str_cut(&head, '\n'); /* the request line */
    while (head.p) {
        struct yg_str line = yg_str_trim(yg_str_cut(&head, '\n'));
        if (line.n == 0)
            break;
        struct yg_str name = yg_str_trim(yg_str_cut(&line, ':'));
        lines++;
        odd += !is_common(name);
        referer |= yg_str_eq_nocase(name, YG_STR("Referer"));
        cookie |= yg_str_eq_nocase(name, YG_STR("Cookie"));
    }
    row[YG_X_P_HEADERS] = (float)lines;
    row[YG_X_P_HEADERS_ODD] = lines ? (float)odd / (float)lines : 0;
    row[YG_X_P_REFERER] = referer;
    row[YG_X_P_COOKIE] = cookie;
}

/* ---- questions --------------------------------------------------------------------- */

static void put_first(const struct yg_exchange *x, float *row)
{
    row[YG_X_P_TARGET] = (float)x->target.n;
    row[YG_X_P_AGENT] = yg_agent_class(x->agent);
    row[YG_X_P_AGENT_LENGTH] = (float)x->agent.n;
    if (x->app != YG_APP_HTTP)
        return;
    row[YG_X_P_METHOD] = yg_method_class(x->verb);
    put_headers(x->head, row);
}

/* Take encodings off target and body; what comes to light is in the arena. */
static void put_peeled(const struct yg_exchange *x, struct yg_arena *arena, float *row)
{
    struct yg_peeled target = yg_peel(front(x->target, PEEL_LEN), arena);

    at_least(&row[YG_X_P_ODD], (double)yg_target_shape_of(target.text).odd);
    at_least(&row[YG_X_P_LAYERS], target.layers);
    if (x->body.n)
        at_least(&row[YG_X_P_LAYERS], yg_peel(front(x->body, PEEL_LEN), arena).layers);
}

static void put_shapes(const struct yg_talk *t, struct yg_arena *arena, float *row)
{
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        struct yg_target_shape shape = yg_target_shape_of(x->target);
        at_least(&row[YG_X_P_TARGET_MAX], (double)x->target.n);
        at_least(&row[YG_X_P_DEPTH], shape.depth);
        at_least(&row[YG_X_P_PARAMS], shape.params);
        if (x->app == YG_APP_HTTP && x->host.n)
            at_least(&row[YG_X_P_HOST_IP], yg_host_is_address(x->host));
        if (i < PEELS_MAX)
            put_peeled(x, arena, row);
    }
}

static uint32_t targets_of(const struct yg_talk *t)
{
    uint64_t seen[YG_EXCHANGES_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->exchanges && i < YG_EXCHANGES_MAX; i++) {
        uint64_t hash = yg_hash_str(1, t->exchange[i].target);
        uint32_t k = 0;
        while (k < n && seen[k] != hash)
            k++;
        if (k == n)
            seen[n++] = hash;
    }
    return n;
}

static void put_body(const struct yg_talk *t, float *row)
{
    const struct yg_exchange *most = NULL;

    for (uint32_t i = 0; i < t->exchanges; i++)
        if (!most || t->exchange[i].body.n > most->body.n)
            most = &t->exchange[i];
    row[YG_X_P_BODY] = (float)most->body.n;
    if (most->body.n == 0)
        return;
    struct yg_file_look look =
        yg_file_glance(front(most->body, LOOK_LEN), YG_STR_NONE, YG_STR_NONE);
    row[YG_X_P_BODY_ENTROPY] = yg_bytestat_of(most->body).entropy;
    row[YG_X_P_BODY_EXEC] = look.executable;
}

static void put_flags(const struct yg_talk *t, float *row)
{
    uint32_t all = 0, good = 0, bad = 0;

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        all |= x->flags;
        if (x->flags & YG_XF_LOGIN) {
            good += x->answer == YG_ANSWER_OK;
            bad += x->answer == YG_ANSWER_REFUSED || x->answer == YG_ANSWER_ERROR ||
                   x->answer == YG_ANSWER_MISSING;
        }
    }
    row[YG_X_P_LOGIN_OK] = (float)good;
    row[YG_X_P_LOGIN_BAD] = (float)bad;
    row[YG_X_P_EXEC] = (all & YG_XF_EXEC) != 0;
    row[YG_X_P_ADMIN] = (all & YG_XF_ADMIN) != 0;
    row[YG_X_P_WEAK] = (all & YG_XF_WEAK) != 0;
    row[YG_X_P_LIST] = (all & YG_XF_LIST) != 0;
}

/* ---- answers ----------------------------------------------------------------------- */

static void put_answers(const struct yg_talk *t, float *row)
{
    uint32_t count[YG_ANSWER_OPAQUE + 1] = { 0 };
    uint8_t last = YG_ANSWER_NONE;
    float n = (float)t->exchanges;

    for (uint32_t i = 0; i < t->exchanges; i++) {
        last = t->exchange[i].answer;
        if (last < YG_ARRAY_LEN(count))
            count[last]++;
    }
    row[YG_X_P_OK] = (float)count[YG_ANSWER_OK] / n;
    row[YG_X_P_REFUSED] = (float)count[YG_ANSWER_REFUSED] / n;
    row[YG_X_P_MISSING] = (float)count[YG_ANSWER_MISSING] / n;
    row[YG_X_P_ERROR] = (float)count[YG_ANSWER_ERROR] / n;
    row[YG_X_P_NONE] = (float)count[YG_ANSWER_NONE] / n;
    row[YG_X_P_LAST] = last;
}

/* The target without its query: a file's name, if it has one. */
static struct yg_str name_of(struct yg_str target)
{
    return yg_str_cut(&target, '?');
}

static const struct yg_exchange *largest_answer(const struct yg_talk *t)
{
    const struct yg_exchange *most = &t->exchange[0];

    for (uint32_t i = 1; i < t->exchanges; i++)
        if (t->exchange[i].answer_body.n > most->answer_body.n)
            most = &t->exchange[i];
    return most;
}

static void put_files(const struct yg_talk *t, float *row)
{
    const struct yg_exchange *most = largest_answer(t);
    uint32_t looks = 0;

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        at_least(&row[YG_X_P_ANSWER_SIZE], (double)x->answer_size);
        if (x->answer_body.n == 0 || (x != most && looks++ >= LOOKS_MAX))
            continue;
        struct yg_str body = front(x->answer_body, x == most ? LOOK_LEN : GLANCE_LEN);
        struct yg_str name = name_of(x->target);
        struct yg_file_look look = x == most ? yg_file_look(body, x->answer_type, name)
                                             : yg_file_glance(body, x->answer_type, name);
        at_least(&row[YG_X_P_FILE_EXEC], look.executable);
        at_least(&row[YG_X_P_FILE_FALSE], look.mismatch);
        at_least(&row[YG_X_P_FILE_LOCKED], look.encrypted);
        at_least(&row[YG_X_P_FILE_PACKED], look.packed);
        at_least(&row[YG_X_P_FILE_PADDED], look.padded);
        if (x == most) {
            row[YG_X_P_ANSWER_ENTROPY] = look.entropy;
            row[YG_X_P_ANSWER_KIND] = look.kind;
        }
    }
}

void yg_packet_asks(const struct yg_talk *t, struct yg_arena *arena, float *row)
{
    row[YG_X_P_ASKS] = (float)t->exchanges;
    if (t->exchanges == 0)
        return;
    row[YG_X_P_TARGETS] = (float)targets_of(t);
    put_first(&t->exchange[0], row);
    put_shapes(t, arena, row);
    put_body(t, row);
    put_flags(t, row);
    put_answers(t, row);
    /* What names are answered with is no file. */
    if (t->app != YG_APP_DNS)
        put_files(t, row);
}
