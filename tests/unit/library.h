/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library - what XGBoost itself predicts, for tests that hold our scoring to it.
 */
#ifndef YG_TESTS_LIBRARY_H
#define YG_TESTS_LIBRARY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/event.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xgboost/c_api.h>

static inline void *library_function(void *so, const char *name)
{
    void *f = dlsym(so, name);

    if (!f)
        _exit(2);
    return f;
}

static inline void library_child(const struct yg_buf *model, const float *x,
                                 uint64_t rows, uint32_t features, float *p)
{
    __typeof__(&XGBoosterCreate) create;
    __typeof__(&XGBoosterSetParam) set;
    __typeof__(&XGBoosterLoadModelFromBuffer) load;
    __typeof__(&XGDMatrixCreateFromMat) matrix;
    __typeof__(&XGBoosterPredictFromDMatrix) predict;
    BoosterHandle b;
    DMatrixHandle m;
    bst_ulong const *shape;
    bst_ulong dim;
    const float *got;
    void *so = dlopen("libxgboost.so.0", RTLD_NOW);

    if (!so)
        _exit(3);
    *(void **)&create = library_function(so, "XGBoosterCreate");
    *(void **)&set = library_function(so, "XGBoosterSetParam");
    *(void **)&load = library_function(so, "XGBoosterLoadModelFromBuffer");
    *(void **)&matrix = library_function(so, "XGDMatrixCreateFromMat");
    *(void **)&predict = library_function(so, "XGBoosterPredictFromDMatrix");
    if (create(NULL, 0, &b) != 0 || set(b, "nthread", "1") != 0 ||
        load(b, model->p, model->n) != 0 || matrix(x, rows, features, NAN, &m) != 0 ||
        predict(b, m,
                "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
                "\"iteration_end\":0,\"strict_shape\":true}",
                &shape, &dim, &got) != 0)
        _exit(1);
    memcpy(p, got, rows * YG_LEVEL_COUNT * sizeof(*p));
    _exit(0);
}

/* The library's probabilities, made in a child as training is: its threads would neither
 * survive the forks of later cases nor wait passively. */
static inline float *library_predictions(const struct yg_buf *model, const float *x,
                                         uint64_t rows, uint32_t features)
{
    size_t size = rows * YG_LEVEL_COUNT * sizeof(float);
    float *p =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int how = 0;

    assert_true(p != MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0)
        library_child(model, x, rows, features, p);
    assert_true(waitpid(pid, &how, 0) == pid && how == 0);
    return p;
}

#endif
