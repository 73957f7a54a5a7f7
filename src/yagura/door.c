/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/door.h"

#include "act/act.h"
#include "api/selfsigned.h"
#include "base/log.h"
#include "conf/textfile.h"
#include "desk/desk.h"
#include "intake/tls.h"
#include "pipeline/boxed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEM_MAX   ((size_t)1 << 20)
#define ASKED_MAX ((size_t)1 << 20) /* bytes of an answer */

/* Could it stand in an address? */
static bool is_name(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return s.n > 0 && s.n < 254;
}

static enum yg_status read_name(const struct yg_app *a, struct yg_listen *out,
                                struct yg_err *err)
{
    struct yg_str said = a->config.console_name;

    if (!yg_str_eq(said, YG_STR("none"))) {
        if (!is_name(said))
            return yg_err_set(err, YG_EINVAL,
                              "console_name: write a host name, such as soc.example.org");
        memcpy(out->name, said.p, said.n + 1);
        return YG_OK;
    }
    if (gethostname(out->name, sizeof(out->name)) != 0)
        out->name[0] = '\0';
    out->name[sizeof(out->name) - 1] = '\0';
    if (!is_name(yg_str_of(out->name)))
        out->name[0] = '\0';
    return YG_OK;
}

enum yg_status yg_door_listen(struct yg_app *a, struct yg_listen *out, struct yg_err *err)
{
    const char *text = yg_cli_text(a->cli, "listen", a->config.listen.p);
    enum yg_status st = yg_listen_parse(yg_str_of(text), out, err);

    if (st == YG_OK)
        st = read_name(a, out, err);
    if (st != YG_OK || yg_listen_is_loopback(out) || !yg_cli_flag(a->cli, "no-login"))
        return st;
    return yg_err_set(err, YG_EINVAL,
                      "--no-login is for addresses of this machine, such as "
                      "127.0.0.1:8433, not for %s",
                      text);
}

enum yg_status yg_door_people(struct yg_app *a, struct yg_people **out,
                              struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(a, "service");
    const struct yg_people_options opt = { .where = place.where,
                                           .part = place.part,
                                           .clock = &a->clock,
                                           .entropy = yg_entropy_system(),
                                           .create = true };
    char password[YG_PASSWORD_MADE];
    struct yg_people *p = NULL;
    enum yg_status st = yg_people_open(&opt, &p, err);

    if (st != YG_OK)
        return st;
    st = yg_people_first(p, password, err);
    if (st == YG_OK)
        fprintf(stderr,
                "yagura: nobody can log in yet: the user is admin, the password %s\n"
                "yagura: it is not shown again, and must be changed at the first login\n",
                password);
    sodium_memzero(password, sizeof(password));
    if (st != YG_OK && st != YG_EEXIST) {
        yg_people_close(p);
        return st;
    }
    *out = p;
    return YG_OK;
}

enum yg_status yg_door_desk(struct yg_app *a, int patience_ms, struct yg_desk **out,
                            struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(a, "desk");
    const struct yg_desk_options opt = { .where = place.where,
                                         .part = place.part,
                                         .clock = &a->clock,
                                         .create = true,
                                         .patience_ms = patience_ms };

    return yg_desk_open(&opt, out, err);
}

enum yg_status yg_door_acts(struct yg_app *a, int patience_ms, struct yg_acts **out,
                            struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(a, "acts");
    const struct yg_acts_options opt = { .where = place.where,
                                         .part = place.part,
                                         .clock = &a->clock,
                                         .entropy = yg_entropy_system(),
                                         .create = true,
                                         .patience_ms = patience_ms };

    return yg_acts_open(&opt, out, err);
}

static enum yg_status make_own(struct yg_app *a, const struct yg_listen *l,
                               const char *path[2], struct yg_err *err)
{
    char print[YG_FINGERPRINT_MAX];
    struct yg_buf pem, key;

    yg_buf_init(&pem, PEM_MAX);
    yg_buf_init(&key, PEM_MAX);
    enum yg_status st = yg_selfsigned_make(l, yg_clock_now(&a->clock), &pem, &key, err);
    /* The key first: a certificate there means that all is there. */
    if (st == YG_OK)
        st = yg_app_write(path[1], yg_buf_str(&key), err);
    if (st == YG_OK)
        st = yg_app_write(path[0], yg_buf_str(&pem), err);
    if (st == YG_OK && yg_certificate_fingerprint(yg_buf_str(&pem), print))
        yg_log(YG_LOG_INFO, "made a certificate, %s; its SHA-256 is %s", path[0], print);
    if (yg_buf_str(&key).n > 0)
        sodium_memzero(key.p, yg_buf_str(&key).n);
    yg_buf_fini(&pem);
    yg_buf_fini(&key);
    return st;
}

enum yg_status yg_door_tls(struct yg_app *a, const struct yg_listen *l,
                           struct yg_tls_server **out, struct yg_err *err)
{
    struct yg_str certificate = a->config.certificate, key = a->config.certificate_key,
                  pem;
    const char *own[2] = { yg_app_path(a, "console.pem"), yg_app_path(a, "console.key") };
    bool named = !yg_str_eq(certificate, YG_STR("none"));

    if (named != !yg_str_eq(key, YG_STR("none")))
        return yg_err_set(err, YG_EINVAL,
                          "set both, certificate and certificate_key, or none");
    if (named)
        return yg_tls_server_new(certificate, key, YG_STR_NONE, out, err);
    bool good = access(own[1], R_OK) == 0 && access(own[0], R_OK) == 0 &&
                yg_textfile_read(&a->arena, own[0], PEM_MAX, &pem, err) == YG_OK &&
                yg_selfsigned_good(pem, l, yg_clock_now(&a->clock));
    enum yg_status st = good ? YG_OK : make_own(a, l, own, err);
    return st == YG_OK ? yg_tls_server_new(yg_str_of(own[0]), yg_str_of(own[1]),
                                           YG_STR_NONE, out, err)
                       : st;
}

/* Twice forked: the one in between is waited for, and init has the other. */
struct call {
    const char *argv[24];
    char option[3][4200], dir[4200];
};

/* The words of a command on this store, with the options that this process was given. */
static void make_call(const struct yg_app *a, const char *const words[], struct call *c)
{
    static const char *const passed[] = { "config", "model", "workers" };
    size_t n = 0;

    _Static_assert(YG_ARRAY_LEN(passed) == YG_ARRAY_LEN(c->option), "one each");
    c->argv[n++] = "yagura";
    for (size_t i = 0; words[i] && n < 8; i++)
        c->argv[n++] = words[i];
    snprintf(c->dir, sizeof(c->dir), "--data=%s", a->dir);
    c->argv[n++] = c->dir;
    for (size_t i = 0; i < YG_ARRAY_LEN(passed); i++) {
        const char *value = yg_cli_text(a->cli, passed[i], NULL);
        if (!value)
            continue;
        snprintf(c->option[i], sizeof(c->option[i]), "--%s=%s", passed[i], value);
        c->argv[n++] = c->option[i];
    }
    c->argv[n] = NULL;
}

static noreturn void become(const struct call *c)
{
    union {
        const char *const *in;
        char *const *out; /* execv changes nothing */
    } p = { .in = c->argv };
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv("/proc/self/exe", p.out);
    _exit(YG_EXIT_FAILED);
}

void yg_door_spawn(const struct yg_app *a, const char *const words[])
{
    struct call c;

    make_call(a, words, &c);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0)
            become(&c);
        _exit(YG_EXIT_OK);
    }
    if (child < 0)
        yg_log(YG_LOG_ERROR,
               "what closed alike is not looked for: no process can be made; "
               "run `yagura verdict RUN recall`");
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

enum yg_status yg_door_ask(const struct yg_app *a, const char *const words[], int most_ms,
                           struct yg_boxed_job **out, struct yg_err *err)
{
    struct call c;
    int end[2];

    make_call(a, words, &c);
    if (pipe2(end, O_CLOEXEC) != 0)
        return yg_err_errno(err, "cannot make a pipe");
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(end[1], STDOUT_FILENO) < 0)
            _exit(YG_EXIT_FAILED);
        become(&c);
    }
    close(end[1]);
    if (child < 0) {
        close(end[0]);
        return yg_err_errno(err, "cannot start a process");
    }
    return yg_boxed_adopt(child, end[0], ASKED_MAX, most_ms, out, err);
}
