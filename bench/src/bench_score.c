/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score - microseconds a row: our scorer against XGBoost's C API on the same model.
 *
 * Two models, 300 and 1500 trees of depth 6 over 120 features, are trained on synthetic
 * rows and kept in build/bench-score/ for the next run. All ways to score take turns in
 * every round; CPU time of one thread; medians over rounds; only ratios of one run say
 * something. Every probability is compared with the library's first.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "model/model.h"
#include "model/train.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <xgboost/c_api.h>

#define FEATURES   120U
#define TRAIN_ROWS 60000U
#define BATCH      4096U
#define SINGLES    300U
#define ROUNDS     9
#define CACHE      "build/bench-score"

/* ---- rows ------------------------------------------------------------------------ */

static double gaussian(struct yg_rng *r)
{
    return sqrt(-2 * log(1 - yg_rng_unit(r))) * cos(6.283185307179586 * yg_rng_unit(r));
}

/* 30 gaussian, 30 heavy-tailed counts, 30 flags, 15 bytes, 15 often missing. */
static void make_row(struct yg_rng *r, float *x)
{
    for (uint32_t f = 0; f < FEATURES; f++) {
        if (f < 30)
            x[f] = (float)gaussian(r);
        else if (f < 60)
            x[f] = (float)floor(exp(2 * gaussian(r)));
        else if (f < 90)
            x[f] = yg_rng_unit(r) < 0.3 ? 1.0F : 0.0F;
        else if (f < 105)
            x[f] = (float)yg_rng_below(r, 256);
        else
            x[f] = yg_rng_unit(r) < 0.4 ? NAN : (float)gaussian(r);
    }
}

static uint8_t make_label(struct yg_rng *r, const float *x)
{
    double s = 0;

    for (uint32_t f = 0; f < 15; f++) {
        s += sin(2 * (double)x[f]) + 0.5 * log1p((double)x[30 + f]);
        s += (double)x[60 + f] * (double)x[f] + (double)x[90 + f] / 256;
        s += isnan(x[105 + f]) ? 0.3 : 0.5 * (double)x[105 + f];
    }
    s += 2 * gaussian(r) - 10;
    return (uint8_t)(s < 0 ? 0 : s < 3 ? 1 : s < 6 ? 2 : s < 9 ? 3 : 4);
}

static float *make_rows(uint32_t n, uint64_t seed, uint8_t *label)
{
    float *x = malloc((size_t)n * FEATURES * sizeof(*x));
    struct yg_rng r;

    if (!x)
        exit(1);
    yg_rng_init(&r, seed);
    for (uint32_t i = 0; i < n; i++) {
        make_row(&r, x + (size_t)i * FEATURES);
        if (label)
            label[i] = make_label(&r, x + (size_t)i * FEATURES);
    }
    return x;
}

/* ---- models ---------------------------------------------------------------------- */

static bool read_file(const char *path, struct yg_buf *out)
{
    char piece[65536];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (!f)
        return false;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        yg_buf_add(out, piece, n);
    fclose(f);
    return yg_buf_status(out) == YG_OK && yg_buf_str(out).n > 0;
}

static void keep_file(const char *path, struct yg_str bytes)
{
    FILE *f;

    mkdir("build", 0777);
    mkdir(CACHE, 0777);
    f = fopen(path, "wb");
    if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n)
        fprintf(stderr, "score: %s cannot be kept\n", path);
    if (f)
        fclose(f);
}

static bool get_model(uint32_t rounds, struct yg_buf *out)
{
    struct yg_train_params p = yg_train_default;
    struct yg_err err = { 0 };
    char path[64];

    p.rounds = rounds;
    p.max_depth = 6;
    snprintf(path, sizeof(path), CACHE "/model-%u-%u-v1", rounds, TRAIN_ROWS);
    yg_buf_init(out, (size_t)1 << 28);
    if (read_file(path, out))
        return true;
    fprintf(stderr, "score: training %u trees on %u rows, once\n", 5 * rounds,
            TRAIN_ROWS);
    uint8_t *label = malloc(TRAIN_ROWS);
    float *weight = malloc(TRAIN_ROWS * sizeof(*weight));
    if (!label || !weight)
        exit(1);
    float *x = make_rows(TRAIN_ROWS, 1, label);
    for (uint32_t i = 0; i < TRAIN_ROWS; i++)
        weight[i] = 1.0F;
    struct yg_train_data d = { x, label, weight, TRAIN_ROWS, FEATURES };
    bool ok = yg_train(&p, &d, out, &err) == YG_OK;
    if (ok)
        keep_file(path, yg_buf_str(out));
    else
        fprintf(stderr, "score: %s\n", err.msg);
    free(x);
    free(label);
    free(weight);
    return ok;
}

/* ---- the ways -------------------------------------------------------------------- */

struct library {
    __typeof__(&XGBoosterCreate) create;
    __typeof__(&XGBoosterFree) destroy;
    __typeof__(&XGBoosterSetParam) set;
    __typeof__(&XGBoosterLoadModelFromBuffer) load;
    __typeof__(&XGDMatrixCreateFromMat) matrix;
    __typeof__(&XGDMatrixFree) matrix_free;
    __typeof__(&XGBoosterPredict) predict;
    __typeof__(&XGBoosterPredictFromDense) in_place;
};

struct bench {
    struct library lib;
    BoosterHandle booster;
    const struct yg_trees *trees;
    const float *x; /* BATCH rows */
    float *p;
};

static void library_in_place(struct bench *b, uint32_t first, uint32_t n)
{
    char array[256];
    bst_ulong const *shape;
    bst_ulong dim;
    const float *got;

    snprintf(array, sizeof(array),
             "{\"data\":[%llu,true],\"shape\":[%u,%u],\"typestr\":\"<f4\",\"version\":3}",
             (unsigned long long)(uintptr_t)(b->x + (size_t)first * FEATURES), n,
             FEATURES);
    if (b->lib.in_place(b->booster, array,
                        "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
                        "\"iteration_end\":0,\"strict_shape\":false,\"missing\":NaN,"
                        "\"cache_id\":0}",
                        NULL, &shape, &dim, &got) != 0)
        exit(1);
    memcpy(b->p, got, (size_t)n * YG_LEVEL_COUNT * sizeof(*got));
}

static void library_matrix(struct bench *b, uint32_t first, uint32_t n)
{
    DMatrixHandle m;
    bst_ulong size;
    const float *got;

    if (b->lib.matrix(b->x + (size_t)first * FEATURES, n, FEATURES, NAN, &m) != 0 ||
        b->lib.predict(b->booster, m, 0, 0, 0, &size, &got) != 0)
        exit(1);
    memcpy(b->p, got, (size_t)n * YG_LEVEL_COUNT * sizeof(*got));
    b->lib.matrix_free(m);
}

static void ours(struct bench *b, uint32_t first, uint32_t n)
{
    yg_trees_predict(b->trees, b->x + (size_t)first * FEATURES, n, FEATURES, b->p);
}

static void ours_scalar(struct bench *b, uint32_t first, uint32_t n)
{
    yg_trees_predict_scalar(b->trees, b->x + (size_t)first * FEATURES, n, FEATURES, b->p);
}

enum way {
    LIB_ONE,
    LIB_ONE_MATRIX,
    LIB_BATCH,
    LIB_BATCH_MATRIX,
    OUR_ONE,
    OUR_BATCH,
    OUR_SCALAR_BATCH,
    WAYS
};

static const struct {
    const char *name;
    void (*run)(struct bench *b, uint32_t first, uint32_t n);
    bool batch;
} way[WAYS] = {
    { "xgboost_single_in_place", library_in_place, false },
    { "xgboost_single_dmatrix", library_matrix, false },
    { "xgboost_batch4096_in_place", library_in_place, true },
    { "xgboost_batch4096_dmatrix", library_matrix, true },
    { "yagura_single", ours, false },
    { "yagura_batch4096", ours, true },
    { "yagura_scalar_batch4096", ours_scalar, true },
};

static double us_per_row(struct bench *b, enum way w)
{
    uint32_t repeat = w >= OUR_ONE ? 4 : 1;
    double start = yg_clock_cpu();

    for (uint32_t k = 0; k < repeat; k++) {
        if (way[w].batch)
            way[w].run(b, 0, BATCH);
        else
            for (uint32_t i = 0; i < SINGLES; i++)
                way[w].run(b, i, 1);
    }
    return (yg_clock_cpu() - start) * 1e6 / (repeat * (way[w].batch ? BATCH : SINGLES));
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double worst_difference(struct bench *b)
{
    size_t n = (size_t)BATCH * YG_LEVEL_COUNT;
    float *want = malloc(n * sizeof(*want));
    double worst = 0;

    if (!want)
        exit(1);
    library_in_place(b, 0, BATCH);
    memcpy(want, b->p, n * sizeof(*want));
    ours(b, 0, BATCH);
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)b->p[i] - (double)want[i]));
    free(want);
    return worst;
}

/* ---- report ---------------------------------------------------------------------- */

static bool report(struct bench *b, struct yg_jsonw *w)
{
    static const struct {
        const char *name;
        enum way lib, own;
        double goal;
    } ratio[] = {
        { "single_speedup", LIB_ONE, OUR_ONE, 10 },
        { "batch_speedup", LIB_BATCH, OUR_BATCH, 5 },
        { "scalar_batch_speedup", LIB_BATCH, OUR_SCALAR_BATCH, 2 },
    };
    double us[WAYS][ROUNDS], worst = worst_difference(b);
    bool ok = worst <= 1e-6;

    for (int k = 0; k < ROUNDS; k++)
        for (int i = 0; i < WAYS; i++)
            us[i][k] = us_per_row(b, (enum way)i);
    printf("%u trees, largest |dp| %.2g\n", yg_trees_count(b->trees), worst);
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "trees", yg_trees_count(b->trees));
    yg_jsonw_kf64(w, "largest_difference", worst);
    for (int i = 0; i < WAYS; i++) {
        qsort(us[i], ROUNDS, sizeof(us[i][0]), order);
        printf("  %-28s %8.2f us/row (%.2f to %.2f)\n", way[i].name, us[i][ROUNDS / 2],
               us[i][0], us[i][ROUNDS - 1]);
        yg_jsonw_kf64(w, way[i].name, us[i][ROUNDS / 2]);
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(ratio); i++) {
        double x = us[ratio[i].lib][ROUNDS / 2] / us[ratio[i].own][ROUNDS / 2];
        printf("  %-28s %8.1f x (goal %.0f)\n", ratio[i].name, x, ratio[i].goal);
        yg_jsonw_kf64(w, ratio[i].name, x);
        ok = ok && x >= ratio[i].goal;
    }
    yg_jsonw_close(w, '}');
    return ok;
}

static bool load_library(struct library *l)
{
    setenv("OMP_WAIT_POLICY", "passive", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    void *so = dlopen("libxgboost.so.0", RTLD_NOW);
    if (!so)
        return false;
    *(void **)&l->create = dlsym(so, "XGBoosterCreate");
    *(void **)&l->destroy = dlsym(so, "XGBoosterFree");
    *(void **)&l->set = dlsym(so, "XGBoosterSetParam");
    *(void **)&l->load = dlsym(so, "XGBoosterLoadModelFromBuffer");
    *(void **)&l->matrix = dlsym(so, "XGDMatrixCreateFromMat");
    *(void **)&l->matrix_free = dlsym(so, "XGDMatrixFree");
    *(void **)&l->predict = dlsym(so, "XGBoosterPredict");
    *(void **)&l->in_place = dlsym(so, "XGBoosterPredictFromDense");
    return l->create && l->destroy && l->set && l->load && l->matrix && l->matrix_free &&
           l->predict && l->in_place;
}

static bool run_model(struct bench *b, const struct yg_buf *model, struct yg_jsonw *w)
{
    struct yg_trees *t;
    struct yg_err err = { 0 };

    if (yg_trees_from_xgboost(yg_buf_str(model), FEATURES, &t, &err) != YG_OK) {
        fprintf(stderr, "score: %s\n", err.msg);
        return false;
    }
    b->trees = t;
    if (b->lib.create(NULL, 0, &b->booster) != 0 ||
        b->lib.set(b->booster, "nthread", "1") != 0 ||
        b->lib.load(b->booster, model->p, model->n) != 0)
        exit(1);
    bool ok = report(b, w);
    b->lib.destroy(b->booster);
    yg_trees_free(t);
    return ok;
}

int main(void)
{
    static const uint32_t rounds[] = { 60, 300 };
    struct yg_buf model[YG_ARRAY_LEN(rounds)], json;
    struct bench b = { 0 };
    double start = yg_clock_wall();
    bool ok = true;

    for (size_t i = 0; i < YG_ARRAY_LEN(rounds); i++)
        if (!get_model(rounds[i], &model[i]))
            return 1;
    if (!load_library(&b.lib)) {
        fprintf(stderr, "score: libxgboost.so.0 is needed: install libxgboost0\n");
        printf("{\"skipped\":\"libxgboost.so.0 is not installed\"}\n");
        return 0;
    }
    float *x = make_rows(BATCH, 2, NULL);
    b.x = x;
    b.p = malloc((size_t)BATCH * YG_LEVEL_COUNT * sizeof(*b.p));
    if (!b.p)
        return 1;
    yg_buf_init(&json, 1 << 16);
    struct yg_jsonw w = yg_jsonw_of(&json);
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "models");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < YG_ARRAY_LEN(rounds); i++) {
        ok &= run_model(&b, &model[i], &w);
        yg_buf_fini(&model[i]);
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_kbool(&w, "goals_met", ok);
    yg_jsonw_kf64(&w, "seconds", yg_clock_wall() - start);
    yg_jsonw_close(&w, '}');
    printf("%s\n", yg_buf_cstr(&json));
    free(x);
    free(b.p);
    yg_buf_fini(&json);
    return ok ? 0 : 1;
}
