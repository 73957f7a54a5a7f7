/* SPDX-License-Identifier: Apache-2.0 */
#include "model/train.h"

#include "event/event.h"
#include "model/model.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xgboost/c_api.h>

#define LIBRARY     "libxgboost.so.0"
#define MODEL_MAX   ((size_t)1 << 30)
#define MESSAGE_MAX 400

/* What the child says: a byte for every round, then one that says what the rest is. */
#define ANSWER_ROUND   "r"
#define ANSWER_MODEL   "m"
#define ANSWER_MESSAGE "e"

const struct yg_train_params yg_train_default = {
    .rounds = 60,
    .max_depth = 5,
    .eta = 0.3F,
    .lambda = 2.0F,
    .min_child_weight = 1.0F,
    .subsample = 0.8F,
    .colsample = 0.5F,
    .gamma = 0.0F,
    .max_bin = 64,
    .seed = 1,
    .threads = 2,
};

/* ---- in the child: the library ------------------------------------------------------
 * It is loaded here and nowhere else: OpenMP reads its environment when it is loaded,
 * and would otherwise spin on all cores between rounds. */

#define FUNCTIONS(X)                                                                     \
    X(XGBGetLastError)                                                                   \
    X(XGProxyDMatrixCreate)                                                              \
    X(XGProxyDMatrixSetDataDense)                                                        \
    X(XGDMatrixSetDenseInfo)                                                             \
    X(XGQuantileDMatrixCreateFromCallback)                                               \
    X(XGBoosterCreate)                                                                   \
    X(XGBoosterSetParam)                                                                 \
    X(XGBoosterUpdateOneIter)                                                            \
    X(XGBoosterSaveModelToBuffer)

struct library {
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
};

struct job {
    const struct yg_train_params *p;
    const struct yg_train_data *d;
    struct library lib;
    DMatrixHandle proxy, matrix;
    BoosterHandle booster;
    float *label;
    bool given;   /* the rows have been handed over in this pass */
    int answer;   /* file descriptor */
    bool refused; /* a callback's failure, which the library would take for the end */
    char message[MESSAGE_MAX];
};

static bool fail(struct job *j, const char *doing)
{
    const char *why = j->lib.XGBGetLastError ? j->lib.XGBGetLastError() : dlerror();

    /* The first line; a stack trace follows. */
    snprintf(j->message, sizeof(j->message), "%s: %.*s", doing,
             (int)strcspn(why ? why : "", "\n"), why ? why : "");
    return false;
}

static bool load(struct job *j)
{
    void *so = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!so)
        return fail(j, "install the package libxgboost0");
#define X(name)                                                                          \
    {                                                                                    \
        void *f = dlsym(so, #name);                                                      \
        memcpy(&j->lib.name, &f, sizeof(f));                                             \
    }
    FUNCTIONS(X)
#undef X
#define X(name) &&j->lib.name
    return (true FUNCTIONS(X)) || fail(j, "the training library is too old (need 1.7)");
#undef X
}

static void rows_reset(DataIterHandle it)
{
    ((struct job *)it)->given = false;
}

/* One pass hands all rows over at once, in place: the library makes 8-bit bins of them
 * directly, so there is no second copy of the floats. */
static int rows_next(DataIterHandle it)
{
    struct job *j = it;
    const struct yg_train_data *d = j->d;
    char array[256];

    if (j->given)
        return 0;
    j->given = true;
    snprintf(array, sizeof(array),
             "{\"data\":[%llu,true],\"shape\":[%llu,%u],\"strides\":null,"
             "\"typestr\":\"<f4\",\"version\":3}",
             (unsigned long long)(uintptr_t)d->x, (unsigned long long)d->rows,
             d->features);
    j->refused = j->lib.XGProxyDMatrixSetDataDense(j->proxy, array) != 0 ||
                 j->lib.XGDMatrixSetDenseInfo(j->proxy, "label", j->label, d->rows, 1) ||
                 j->lib.XGDMatrixSetDenseInfo(j->proxy, "weight", d->weight, d->rows, 1);
    return !j->refused;
}

static bool make_matrix(struct job *j)
{
    char config[128];

    j->label = malloc(j->d->rows * sizeof(*j->label));
    if (!j->label) {
        snprintf(j->message, sizeof(j->message), "no memory for %llu labels",
                 (unsigned long long)j->d->rows);
        return false;
    }
    for (uint64_t i = 0; i < j->d->rows; i++)
        j->label[i] = j->d->label[i];
    snprintf(config, sizeof(config), "{\"missing\":NaN,\"nthread\":%u,\"max_bin\":%u}",
             j->p->threads, j->p->max_bin);
    if (j->lib.XGProxyDMatrixCreate(&j->proxy) != 0 ||
        j->lib.XGQuantileDMatrixCreateFromCallback(j, j->proxy, NULL, rows_reset,
                                                   rows_next, config, &j->matrix) != 0 ||
        j->refused)
        return fail(j, "the training library refused the rows");
    return true;
}

static bool set_params(struct job *j)
{
    const struct yg_train_params *p = j->p;
    const struct {
        const char *name;
        double value;
    } number[] = {
        { "num_class", YG_LEVEL_COUNT },
        { "max_depth", p->max_depth },
        { "max_bin", p->max_bin },
        { "nthread", p->threads },
        { "seed", (double)(p->seed & 0x7fffffff) },
        { "eta", (double)p->eta },
        { "lambda", (double)p->lambda },
        { "min_child_weight", (double)p->min_child_weight },
        { "subsample", (double)p->subsample },
        { "colsample_bytree", (double)p->colsample },
        { "gamma", (double)p->gamma },
    };

    if (j->lib.XGBoosterSetParam(j->booster, "objective", "multi:softprob") != 0 ||
        j->lib.XGBoosterSetParam(j->booster, "tree_method", "hist") != 0 ||
        j->lib.XGBoosterSetParam(j->booster, "verbosity", "0") != 0)
        return fail(j, "the training library refused its method");
    for (size_t i = 0; i < YG_ARRAY_LEN(number); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%.9g", number[i].value);
        if (j->lib.XGBoosterSetParam(j->booster, number[i].name, text) != 0)
            return fail(j, number[i].name);
    }
    return true;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static bool fit(struct job *j, const char **model, bst_ulong *size)
{
    if (!load(j) || !make_matrix(j))
        return false;
    if (j->lib.XGBoosterCreate(&j->matrix, 1, &j->booster) != 0)
        return fail(j, "the training library does not start");
    if (!set_params(j))
        return false;
    for (uint32_t i = 0; i < j->p->rounds; i++)
        if (j->lib.XGBoosterUpdateOneIter(j->booster, (int)i, j->matrix) != 0 ||
            !write_all(j->answer, ANSWER_ROUND, 1))
            return fail(j, "training failed");
    if (j->lib.XGBoosterSaveModelToBuffer(j->booster, "{\"format\":\"ubj\"}", size,
                                          model) != 0)
        return fail(j, "the model cannot be saved");
    return true;
}

/* Nothing is freed: the process ends here, without the parent's exit handlers. */
static _Noreturn void child(const struct yg_train_params *p,
                            const struct yg_train_data *d, int fd)
{
    struct job j = { .p = p, .d = d, .answer = fd };
    const char *model = NULL;
    bst_ulong size = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("OMP_WAIT_POLICY", "passive", 1);
    bool ok = fit(&j, &model, &size);
    const char *text = ok ? model : j.message;
    if (!write_all(fd, ok ? ANSWER_MODEL : ANSWER_MESSAGE, 1) ||
        !write_all(fd, text, ok ? (size_t)size : strlen(text)))
        _exit(1);
    _exit(0);
}

/* ---- in the parent ----------------------------------------------------------------- */

static enum yg_status check(const struct yg_train_params *p,
                            const struct yg_train_data *d, struct yg_err *err)
{
    uint64_t count[YG_LEVEL_COUNT] = { 0 };
    uint32_t levels = 0;

    if (p->rounds == 0 || p->rounds > 4000 || p->max_depth == 0 || p->max_depth > 8 ||
        p->max_bin < 2 || p->max_bin > 254 || p->threads == 0 || p->threads > 1024)
        return yg_err_set(err, YG_EINVAL,
                          "training needs 1-4000 rounds, depth 1-8, 2-254 bins and "
                          "1-1024 threads");
    if (d->features == 0 || d->features > YG_FEATURES_MAX)
        return yg_err_set(err, YG_EINVAL, "%u features; 1 to %d can be trained on",
                          d->features, YG_FEATURES_MAX);
    for (uint64_t i = 0; i < d->rows; i++) {
        if (d->label[i] >= YG_LEVEL_COUNT || !(d->weight[i] > 0.0F))
            return yg_err_set(err, YG_EINVAL, "row %llu has no verdict or no weight",
                              (unsigned long long)i);
        levels += count[d->label[i]]++ == 0;
    }
    if (levels < 2)
        return yg_err_set(err, YG_EINVAL,
                          "%llu verdicts, all of one level: judge some alerts of another "
                          "level first",
                          (unsigned long long)d->rows);
    return YG_OK;
}

/* What the child says up to the end of file: the kind of its answer (0: none came) and
 * the answer appended to `out`. */
static enum yg_status read_answer(int fd, const struct yg_train_params *p,
                                  struct yg_buf *out, char *kind)
{
    char piece[16384];
    uint32_t rounds = 0;

    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece)), i = 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? YG_EIO : *kind ? YG_OK : YG_ECHILD;
        for (; !*kind && i < n; i++) {
            if (piece[i] != ANSWER_ROUND[0])
                *kind = piece[i];
            else if (p->progress)
                p->progress(p->progress_ctx, ++rounds, p->rounds);
        }
        yg_buf_add(out, piece + i, (size_t)(n - i));
    }
}

/* The child's end, as a status; a signal's number or exit code goes to the message. */
static enum yg_status reap(pid_t pid, struct yg_err *err)
{
    int how = 0;

    while (waitpid(pid, &how, 0) < 0)
        if (errno != EINTR)
            return yg_err_errno(err, "waiting for the training process");
    if (WIFSIGNALED(how))
        return yg_err_set(err, YG_ECHILD,
                          "the training process was killed by signal %d; give it more "
                          "memory or fewer rows",
                          WTERMSIG(how));
    if (WEXITSTATUS(how) != 0)
        return yg_err_set(err, YG_ECHILD, "the training process ended with %d",
                          WEXITSTATUS(how));
    return YG_OK;
}

static enum yg_status take_answer(int fd, pid_t pid, const struct yg_train_params *p,
                                  struct yg_buf *out, struct yg_err *err)
{
    struct yg_buf answer;
    char kind = 0;

    yg_buf_init(&answer, MODEL_MAX);
    enum yg_status got = read_answer(fd, p, &answer, &kind), st = reap(pid, err);
    if (st == YG_OK && got != YG_OK)
        st = yg_err_set(err, got, "the training process did not answer");
    if (st == YG_OK && yg_buf_status(&answer) != YG_OK)
        st = yg_err_set(err, yg_buf_status(&answer), "no room for the trained model");
    if (st == YG_OK && kind != ANSWER_MODEL[0])
        st = yg_err_set(err, YG_ECHILD, "%s", yg_buf_cstr(&answer));
    if (st == YG_OK) {
        yg_buf_str_add(out, yg_buf_str(&answer));
        if (yg_buf_status(out) != YG_OK)
            st = yg_err_set(err, yg_buf_status(out), "no room for the trained model");
    }
    yg_buf_fini(&answer);
    return st;
}

enum yg_status yg_train(const struct yg_train_params *p, const struct yg_train_data *d,
                        struct yg_buf *out, struct yg_err *err)
{
    enum yg_status st = check(p, d, err);
    int fd[2];

    if (st != YG_OK)
        return st;
    if (pipe2(fd, O_CLOEXEC) != 0)
        return yg_err_errno(err, "a pipe to the training process");
    pid_t pid = fork();
    if (pid < 0) {
        st = yg_err_errno(err, "starting the training process");
        close(fd[0]);
        close(fd[1]);
        return st;
    }
    if (pid == 0) {
        close(fd[0]);
        child(p, d, fd[1]);
    }
    close(fd[1]);
    st = take_answer(fd[0], pid, p, out, err);
    close(fd[0]);
    return st;
}
