/* SPDX-License-Identifier: Apache-2.0 */
/* Our scoring against the library's own prediction on every alert of real organisations,
 * with the model that training makes of them. */
#include "library.h"

#include "corpus_util.h"
#include "feature/features.h"
#include "model/model.h"
#include "model/train.h"
#include "pipeline/fitrows.h"
#include "pipeline/ingest.h"
#include "store_util.h"

#include "conf/mapping.h"

#include <fcntl.h>
#include <stdio.h>

#define TOLERANCE 1e-6

static const char *const organisation[] = { "russellmitchell", "shaw" };

struct rows {
    float *x;
    uint64_t n, size;
};

static enum yg_status take(void *arg, size_t tenant, size_t record, const float *row,
                           struct yg_err *err)
{
    struct rows *r = arg;

    (void)tenant, (void)record, (void)err;
    if (r->n == r->size) {
        r->size = r->size ? 2 * r->size : 1024;
        r->x = realloc(r->x, r->size * YG_FEATURE_COUNT * sizeof(float));
    }
    memcpy(r->x + r->n++ * YG_FEATURE_COUNT, row, YG_FEATURE_COUNT * sizeof(float));
    return YG_OK;
}

/* Import what is there; false: the data set is not. */
static bool import(struct fixture *f, struct yg_arena *arena)
{
    const char *data = getenv("YAGURA_DATA");
    static char map[65536];
    int map_fd = open("maps/ait-ads.yaml", O_RDONLY | O_CLOEXEC);

    assert_true(map_fd >= 0);
    ssize_t n = read(map_fd, map, sizeof(map));
    close(map_fd);
    for (size_t i = 0; i < YG_ARRAY_LEN(organisation); i++) {
        char path[512];
        struct yg_flow_input in = { .source = { .tenant = yg_str_of(organisation[i]),
                                                .name = YG_STR("ait"),
                                                .format = YG_STR("delimited") } };
        struct yg_counters sum = { 0 };
        snprintf(path, sizeof(path), "%s/ait-ads/%s_alerts.csv.xz",
                 data ? data : "../shared/data", organisation[i]);
        in.fd = open(path, O_RDONLY | O_CLOEXEC);
        if (in.fd < 0)
            return false;
        in.source.mapping_text = (struct yg_str){ map, (size_t)n };
        assert_ok(f, yg_mapping_parse(arena, "map", in.source.mapping_text,
                                      &in.source.mapping, &f->err));
        struct yg_ingest g = {
            .input = &in, .count = 1, .workers = 2, .store = f->st, .clock = &f->clock
        };
        assert_ok(f, yg_ingest_run(&g, &sum, NULL, &f->err));
        close(in.fd);
    }
    return true;
}

static void compare(const struct yg_buf *model, const struct rows *all)
{
    struct yg_err err = { 0 };
    struct yg_trees *t;
    float *ours = malloc(all->n * YG_LEVEL_COUNT * sizeof(float));
    double worst = 0.0;

    assert_int_equal(yg_trees_from_xgboost(yg_buf_str(model), YG_FEATURE_COUNT, &t, &err),
                     YG_OK);
    yg_trees_predict(t, all->x, all->n, YG_FEATURE_COUNT, ours);
    float *theirs = library_predictions(model, all->x, all->n, YG_FEATURE_COUNT);
    for (uint64_t i = 0; i < all->n * YG_LEVEL_COUNT; i++) {
        double d = fabs((double)ours[i] - (double)theirs[i]);
        worst = d > worst ? d : worst;
    }
    printf("# %llu rows, largest difference %.3g\n", (unsigned long long)all->n, worst);
    assert_true(worst <= TOLERANCE);
    munmap(theirs, all->n * YG_LEVEL_COUNT * sizeof(float));
    yg_trees_free(t);
    free(ours);
}

static void every_alert(void **state)
{
    struct fixture *f = *state;
    struct yg_corpus_options opt = { .workers = 2 };
    struct yg_train_params p = yg_train_default;
    struct yg_corpus c;
    struct yg_fitrows r;
    struct yg_matrix m;
    struct rows all = { 0 };
    struct yg_history *h;
    struct yg_buf model;
    struct yg_arena arena;

    yg_arena_init(&arena, 1 << 20);
    fixture_open(f);
    if (!import(f, &arena)) {
        printf("# skipped: no AIT-ADS files\n");
        yg_arena_fini(&arena);
        skip();
    }
    assert_ok(f, yg_corpus_load(f->st, &opt, &c, &f->err));
    assert_ok(f, yg_fitrows_init(&r, &c, NULL, 16 << 20, &f->err));
    assert_ok(f, yg_fitrows_matrix(&r, YG_FOLD_NONE, &m, &f->err));
    assert_ok(f, yg_fitrows_history(&r, YG_FOLD_NONE, YG_FOLD_NONE, &h, &f->err));
    for (size_t t = 0; t < c.count; t++)
        assert_ok(f, yg_fitrows_walk(&r, t, h, take, &all, &f->err));
    assert_int_equal(all.n, c.records);
    yg_buf_init(&model, (size_t)1 << 28);
    struct yg_train_data d = { m.x, m.label, m.weight, m.rows, YG_FEATURE_COUNT };
    assert_ok(f, yg_train(&p, &d, &model, &f->err));
    compare(&model, &all);
    yg_buf_fini(&model);
    yg_history_free(h);
    yg_matrix_free(&m);
    yg_fitrows_fini(&r);
    yg_corpus_free(&c);
    yg_arena_fini(&arena);
    free(all.x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_alert, fixture_setup, fixture_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
