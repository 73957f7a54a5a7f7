/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/service.h"

#include "base/text.h"

#include <fcntl.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#define CANCEL '\x03' /* Ctrl-C, read as a character so that the terminal is put back */

struct yg_str yg_service_name(const struct yg_service *s)
{
    return yg_str_of(s->app.cli->arg_count > 1 ? s->app.cli->arg[1] : "");
}

/* ---- options ---------------------------------------------------------------------- */

enum yg_status yg_service_rights(struct yg_service *s, enum yg_role *role,
                                 struct yg_scope *scope, struct yg_err *err)
{
    const char *name = yg_cli_text(s->app.cli, "role", NULL);
    const char *tenants = yg_cli_text(s->app.cli, "tenants", NULL);
    struct yg_str *t;
    size_t n;

    if (name && !yg_role_of(yg_str_of(name), role)) {
        struct yg_buf all;
        yg_buf_init(&all, 1024);
        for (int r = YG_ROLE_NONE + 1; r < YG_ROLE_COUNT; r++)
            yg_buf_printf(&all, "%s%s", all.n ? ", " : "", yg_role_name((enum yg_role)r));
        enum yg_status st = yg_err_set(err, YG_EINVAL, "--role %s: write one of %s", name,
                                       yg_buf_cstr(&all));
        yg_buf_fini(&all);
        return st;
    }
    if (!tenants)
        return YG_OK;
    if (strcmp(tenants, "all") == 0) {
        *scope = YG_SCOPE_ALL;
        return YG_OK;
    }
    enum yg_status st = yg_app_names(&s->app, tenants, &t, &n, err);
    if (st == YG_OK)
        *scope = yg_scope_of(t, n);
    return st;
}

/* ---- passwords -------------------------------------------------------------------- */

/* One line without its end; what does not fit is too long. */
static enum yg_status read_line(int fd, char out[YG_SERVICE_TYPED], struct yg_err *err)
{
    size_t n = 0;
    char c;

    for (;;) {
        ssize_t got = read(fd, &c, 1);
        if (got < 0)
            return yg_err_errno(err, "cannot read the password");
        if (got == 0 || c == '\n')
            break;
        if (c == CANCEL)
            return yg_err_set(err, YG_EINVAL, "no password was given");
        if (n + 1 == YG_SERVICE_TYPED)
            return yg_err_set(err, YG_EINVAL, "the password is too long");
        out[n++] = c;
    }
    if (n > 0 && out[n - 1] == '\r')
        n--;
    if (memchr(out, '\0', n))
        return yg_err_set(err, YG_EINVAL, "the password has a NUL in it");
    out[n] = '\0';
    return YG_OK;
}

static enum yg_status ask(int tty, const char *prompt, char out[YG_SERVICE_TYPED],
                          struct yg_err *err)
{
    struct termios before, hidden;

    if (tcgetattr(tty, &before) != 0)
        return yg_err_errno(err, "cannot hide what is typed");
    hidden = before;
    hidden.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
    hidden.c_cc[VEOL] = CANCEL;
    if (tcsetattr(tty, TCSAFLUSH, &hidden) != 0)
        return yg_err_errno(err, "cannot hide what is typed");
    enum yg_status st = YG_OK;
    if (write(tty, prompt, strlen(prompt)) < 0)
        st = yg_err_errno(err, "cannot ask for the password");
    if (st == YG_OK)
        st = read_line(tty, out, err);
    if (tcsetattr(tty, TCSAFLUSH, &before) != 0 || write(tty, "\n", 1) < 0)
        return yg_err_errno(err, "cannot put the terminal back");
    return st;
}

static enum yg_status ask_twice(char out[YG_SERVICE_TYPED], struct yg_err *err)
{
    char again[YG_SERVICE_TYPED] = "";
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (tty < 0)
        return yg_err_errno(err, "there is no terminal to ask for a password");
    enum yg_status st = ask(tty, "New password: ", out, err);
    if (st == YG_OK)
        st = ask(tty, "Once more: ", again, err);
    if (st == YG_OK && strcmp(out, again) != 0)
        st = yg_err_set(err, YG_EINVAL, "the two are not the same");
    sodium_memzero(again, sizeof(again));
    close(tty);
    return st;
}

enum yg_status yg_service_password(struct yg_service *s, char out[YG_SERVICE_TYPED],
                                   struct yg_err *err)
{
    out[0] = '\0';
    if (!yg_cli_flag(s->app.cli, "read"))
        return YG_OK;
    enum yg_status st =
        isatty(STDIN_FILENO) ? ask_twice(out, err) : read_line(STDIN_FILENO, out, err);
    if (st == YG_OK && out[0] == '\0')
        st = yg_err_set(err, YG_EINVAL, "no password was given");
    if (st != YG_OK)
        sodium_memzero(out, YG_SERVICE_TYPED);
    return st;
}

/* ---- printing --------------------------------------------------------------------- */

void yg_service_scope_text(struct yg_buf *out, const struct yg_scope *scope)
{
    if (scope->all)
        yg_buf_printf(out, "all");
    for (size_t i = 0; i < scope->tenants; i++) {
        if (i > 0)
            yg_buf_printf(out, ", ");
        yg_text_safe(out, scope->tenant[i]);
    }
}

const char *yg_service_time(int64_t ns, char out[YG_TIME_TEXT_MAX])
{
    if (ns <= 0)
        return "never";
    yg_time_text(ns, out);
    out[10] = ' ';
    out[16] = '\0';
    return out;
}

/* ---- running ---------------------------------------------------------------------- */

static const struct yg_service_verb *find(const struct yg_cli *cli,
                                          const struct yg_service_verb *verb,
                                          size_t count, struct yg_err *err)
{
    const char *name = cli->arg_count > 0 ? cli->arg[0] : "";
    const struct yg_service_verb *v = NULL;

    for (size_t i = 0; i < count; i++)
        if (strcmp(verb[i].name, name) == 0)
            v = &verb[i];
    const int given = cli->arg_count - 1;
    if (v && given >= v->args && given <= v->args + v->optional)
        return v;
    yg_err_set(err, YG_EINVAL, "%s %s: write: yagura %s %s", cli->command->name, name,
               cli->command->name, cli->command->args);
    return NULL;
}

static enum yg_status open_people(struct yg_service *s, bool create, struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(&s->app, "service");
    const struct yg_people_options opt = { .where = place.where,
                                           .part = place.part,
                                           .clock = &s->app.clock,
                                           .entropy = yg_entropy_system(),
                                           .create = create };
    enum yg_status st = yg_people_open(&opt, &s->people, err);

    if (st == YG_OK && create)
        st = yg_app_place_keep(&s->app, err);
    if (st == YG_ENOTFOUND && access(s->app.dir, F_OK) == 0)
        return yg_err_set(err, st,
                          "%s has no users yet; make one with `yagura user add`, or "
                          "start the server",
                          s->app.dir);
    return st == YG_ENOTFOUND ? yg_err_set(err, st, "no store at %s", s->app.dir) : st;
}

enum yg_status yg_service_tenant(struct yg_app *a, struct yg_str name,
                                 struct yg_tenant *out, struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(a, "service");
    const struct yg_people_options opt = { .where = place.where,
                                           .part = place.part,
                                           .clock = &a->clock,
                                           .entropy = yg_entropy_system() };
    struct yg_people *p = NULL;
    enum yg_status st = yg_people_open(&opt, &p, err);

    if (st == YG_ENOTFOUND) {
        *out = yg_tenant_unset(name);
        return YG_OK;
    }
    if (st == YG_OK)
        st = yg_tenant_get(p, &yg_principal_machine.scope, name, &a->arena, out, err);
    yg_people_close(p);
    return st;
}

int yg_service_run(struct yg_cli *cli, const struct yg_service_verb *verb, size_t count)
{
    struct yg_err err = { 0 };
    struct yg_service s = { .people = NULL };
    const struct yg_service_verb *v = NULL;
    enum yg_status st = yg_app_init(&s.app, cli, &err);

    yg_buf_init(&s.out, (size_t)64 << 20);
    s.w = yg_jsonw_of(&s.out);
    if (st == YG_OK) {
        v = find(cli, verb, count, &err);
        st = v ? open_people(&s, v->creates, &err) : err.status;
    }
    if (st == YG_OK)
        st = v->run(&s, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&s.out) : yg_cli_fail(&err);
    if (s.out.p)
        sodium_memzero(s.out.p, s.out.n); /* there may be a password in it */
    yg_people_close(s.people);
    yg_buf_fini(&s.out);
    yg_app_fini(&s.app);
    return exit_status;
}
