/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/modelpack.h"

#include "base/jsonw.h"
#include "feature/features.h"
#include "model/file.h"

#include <stdlib.h>

#define PACK_VERSION 2
#define SECTION_MAX  ((size_t)1 << 30)

void yg_modelpack_free(struct yg_modelpack *m)
{
    if (!m)
        return;
    yg_trees_free(m->trees);
    yg_history_free(m->history);
    yg_distance_free(m->distance);
    free(m);
}

/* Numbers of the model itself; the certificate follows. */
static void write_policy(const struct yg_modelpack *m, struct yg_buf *out)
{
    yg_buf_u32(out, PACK_VERSION);
    yg_buf_u32(out, m->signature_bar);
    yg_buf_u32(out, m->devices);
    yg_buf_u32(out, m->inputs);
    yg_buf_u64(out, m->seed);
    yg_buf_u64(out, (uint64_t)m->trained_until_ns);
    yg_buf_u64(out, m->tenants);
    yg_buf_u64(out, m->alerts);
    yg_buf_u64(out, m->judged);
    yg_buf_u64(out, m->protected_alerts);
    yg_buf_u64(out, m->rows);
    yg_buf_add(out, m->data_digest, sizeof(m->data_digest));
    yg_buf_u32(out, (uint32_t)m->grid_count);
    for (size_t i = 0; i < m->grid_count; i++)
        yg_buf_u32(out, m->grid[i]);
    yg_buf_u8(out, m->certified);
    if (m->certified)
        yg_certificate_write(&m->certificate, out);
}

static enum yg_status read_policy(struct yg_str bytes, struct yg_modelpack *m,
                                  struct yg_err *err)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);

    if (yg_cursor_le32(&c) != PACK_VERSION)
        return yg_err_set(err, YG_EVERSION,
                          "the model was made by another version; train again");
    m->signature_bar = yg_cursor_le32(&c);
    m->devices = yg_cursor_le32(&c);
    m->inputs = yg_cursor_le32(&c);
    m->seed = yg_cursor_le64(&c);
    m->trained_until_ns = (int64_t)yg_cursor_le64(&c);
    m->tenants = yg_cursor_le64(&c);
    m->alerts = yg_cursor_le64(&c);
    m->judged = yg_cursor_le64(&c);
    m->protected_alerts = yg_cursor_le64(&c);
    m->rows = yg_cursor_le64(&c);
    struct yg_str digest = yg_cursor_take(&c, YG_DIGEST_SIZE);
    uint32_t n = yg_cursor_le32(&c);
    if (!yg_cursor_ok(&c) || n > YG_GRID_MAX)
        return yg_err_set(err, YG_EFORMAT, "the model file's policy cannot be read");
    memcpy(m->data_digest, digest.p, YG_DIGEST_SIZE);
    m->grid_count = n;
    for (uint32_t i = 0; i < n; i++) {
        m->grid[i] = yg_cursor_le32(&c);
        if (i > 0 && m->grid[i] <= m->grid[i - 1])
            return yg_err_set(err, YG_EFORMAT, "the model file's grid is not ascending");
    }
    m->certified = yg_cursor_u8(&c) != 0;
    if (!yg_cursor_ok(&c))
        return yg_err_set(err, YG_EFORMAT, "the model file's policy ends early");
    return m->certified ? yg_certificate_read(&c, &m->certificate, err) : YG_OK;
}

static void write_meta(const struct yg_modelpack *m, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "kind", "yagura model");
    yg_jsonw_ku64(&w, "trees", yg_trees_count(m->trees));
    yg_jsonw_ku64(&w, "features", YG_FEATURE_COUNT);
    yg_jsonw_ku64(&w, "tenants", m->tenants);
    yg_jsonw_ku64(&w, "judged", m->judged);
    yg_jsonw_ku64(&w, "rows", m->rows);
    yg_jsonw_close(&w, '}');
}

static enum yg_status sections(const struct yg_modelpack *m, struct yg_buf *part,
                               struct yg_buf *out, const unsigned char *secret)
{
    struct yg_model_writer w;
    unsigned char schema[YG_DIGEST_SIZE];

    yg_feature_schema_digest(schema);
    yg_model_file_begin(&w, out, schema);
    write_meta(m, part);
    yg_model_file_add(&w, "meta", yg_buf_str(part));
    yg_buf_clear(part);
    yg_trees_write(m->trees, part);
    yg_model_file_add(&w, "trees", yg_buf_str(part));
    yg_buf_clear(part);
    yg_calibrate_write(&m->calibration, part);
    yg_model_file_add(&w, "calibration", yg_buf_str(part));
    yg_buf_clear(part);
    yg_history_write(m->history, part);
    yg_model_file_add(&w, "history", yg_buf_str(part));
    if (m->distance && yg_buf_status(part) == YG_OK) {
        yg_buf_clear(part);
        yg_distance_write(m->distance, part);
        yg_model_file_add(&w, "distance", yg_buf_str(part));
    }
    if (yg_buf_status(part) != YG_OK)
        return yg_buf_status(part);
    yg_buf_clear(part);
    write_policy(m, part);
    yg_model_file_add(&w, "policy", yg_buf_str(part));
    if (yg_buf_status(part) != YG_OK)
        return yg_buf_status(part);
    return yg_model_file_finish(&w, secret, NULL);
}

enum yg_status yg_modelpack_write(const struct yg_modelpack *m,
                                  const unsigned char *secret, struct yg_buf *out,
                                  struct yg_err *err)
{
    struct yg_buf part;

    yg_buf_init(&part, SECTION_MAX);
    enum yg_status st = sections(m, &part, out, secret);
    yg_buf_fini(&part);
    return st == YG_OK ? YG_OK : yg_err_set(err, st, "the model does not fit in memory");
}

static enum yg_status read_parts(const struct yg_model_file *f, struct yg_modelpack *m,
                                 struct yg_err *err)
{
    struct yg_str s = yg_model_file_section(f, "trees");
    struct yg_cursor c = yg_cursor_of(s.p, s.n);
    enum yg_status st = yg_trees_read(&c, &m->trees, err);

    if (st == YG_OK && yg_trees_features(m->trees) != YG_FEATURE_COUNT)
        st = yg_err_set(err, YG_EVERSION,
                        "the model asks for other features; train again");
    if (st == YG_OK) {
        s = yg_model_file_section(f, "calibration");
        c = yg_cursor_of(s.p, s.n);
        st = yg_calibrate_read(&c, &m->calibration, err);
    }
    if (st == YG_OK) {
        s = yg_model_file_section(f, "history");
        c = yg_cursor_of(s.p, s.n);
        st = yg_history_read(&c, &m->history, err);
    }
    s = yg_model_file_section(f, "distance");
    if (st == YG_OK && s.p) {
        c = yg_cursor_of(s.p, s.n);
        st = yg_distance_read(&c, m->trees, &m->distance, err);
    }
    if (st == YG_OK)
        st = read_policy(yg_model_file_section(f, "policy"), m, err);
    return st;
}

/* What decides, without the certificate: certify replaces that in the same model. */
static void digest_parts(const struct yg_model_file *f, unsigned char out[YG_DIGEST_SIZE])
{
    static const char *const part[] = { "trees", "calibration", "history", "distance" };
    struct yg_digest d;

    yg_digest_init(&d);
    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++) {
        struct yg_str s = yg_model_file_section(f, part[i]);
        yg_digest_add(&d, s.p, s.n);
    }
    yg_digest_done(&d, out);
}

enum yg_status yg_modelpack_read(struct yg_str bytes, const unsigned char *trusted,
                                 struct yg_modelpack **out, struct yg_err *err)
{
    struct yg_model_file f;
    unsigned char schema[YG_DIGEST_SIZE];
    enum yg_status st = yg_model_file_open(bytes, trusted, &f, err);

    if (st != YG_OK)
        return st;
    if (trusted && f.trust != YG_MODEL_TRUSTED)
        return yg_err_set(
            err, YG_ECORRUPT,
            "the model is not signed by this store's key; train here or name "
            "the file with --model");
    yg_feature_schema_digest(schema);
    if (memcmp(schema, f.schema, sizeof(schema)) != 0)
        return yg_err_set(err, YG_EVERSION,
                          "the model was made for other features; train again");
    struct yg_modelpack *m = calloc(1, sizeof(*m));
    if (!m)
        return yg_err_set(err, YG_ENOMEM, "no memory for the model");
    digest_parts(&f, m->model_digest);
    st = read_parts(&f, m, err);
    if (st != YG_OK) {
        yg_modelpack_free(m);
        return st;
    }
    *out = m;
    return YG_OK;
}

void yg_modelpack_distances(const struct yg_modelpack *m, const float *rows, size_t n,
                            size_t stride, const struct yg_score *score, float *out)
{
    if (m->distance)
        yg_distance_within(m->distance, m->trees, rows, n, stride, out);
    for (size_t i = 0; i < n; i++)
        if (!m->distance || score[i].predicted >= YG_LEVEL_L3)
            out[i] = -1.0F;
}

static struct yg_policy policy_of(const struct yg_modelpack *m)
{
    struct yg_policy p = { .tau = m->certified ? m->certificate.tau : 0,
                           .signature_verdicts = m->signature_bar,
                           .devices = m->devices,
                           .inputs = m->inputs,
                           .most_distance =
                               m->distance ? yg_distance_limit(m->distance) : 1.0F,
                           .not_evaluated = YG_GATE_BIT(UNCALIBRATED) |
                                            YG_GATE_BIT(TOO_FAR) |
                                            YG_GATE_BIT(OPEN_THREAT),
                           .certificate = m->certified };

    if (m->distance)
        p.not_evaluated &= ~YG_GATE_BIT(TOO_FAR);
    return p;
}

bool yg_modelpack_differs(const struct yg_modelpack *m, const struct yg_certificate *c)
{
    unsigned char gates[YG_DIGEST_SIZE], features[YG_DIGEST_SIZE];
    struct yg_policy p = policy_of(m);

    yg_gates_digest(&p, gates);
    yg_feature_schema_digest(features);
    return memcmp(c->model, m->model_digest, YG_DIGEST_SIZE) != 0 ||
           memcmp(c->gates, gates, YG_DIGEST_SIZE) != 0 ||
           memcmp(c->features, features, YG_DIGEST_SIZE) != 0;
}

struct yg_policy yg_modelpack_policy(const struct yg_modelpack *m)
{
    struct yg_policy p = policy_of(m);

    /* An estimate was made with the model itself and names no digests. */
    p.version_differs = m->certified && m->certificate.kind == YG_CERT_TIME_SPLIT &&
                        yg_modelpack_differs(m, &m->certificate);
    return p;
}
