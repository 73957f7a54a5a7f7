/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/inputs.h"

#include "conf/mapping.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct yg_arena arena;
    struct yg_inputs *in;
    struct yg_err err;
    char dir[64], conf[96];
};

static void put(const struct fixture *f, const char *name, const char *text, mode_t mode)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->in = calloc(1, sizeof(*f->in));
    assert_non_null(f->in);
    yg_arena_init(&f->arena, (size_t)16 << 20);
    snprintf(f->dir, sizeof(f->dir), "/tmp/yagura-inputs-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->conf, sizeof(f->conf), "%s/y.yaml", f->dir);
    put(f, "token", "s3cret \r\nnote\n", 0600);
    put(f, "open", "s3cret\n", 0644);
    put(f, "empty", "\n", 0600);
    put(f, "jl.yaml",
        "format: jsonl\nlog: true\ntime: { from: t, as: iso }\nfields: { rule.id: n }\n",
        0644);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    static const char *const name[] = { "token", "open", "empty", "jl.yaml", "y.yaml" };
    struct fixture *f = *state;
    char path[160];

    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->dir, name[i]);
        unlink(path);
    }
    rmdir(f->dir);
    yg_arena_fini(&f->arena);
    free(f->in);
    free(f);
    return 0;
}

static enum yg_status parse(struct fixture *f, const char *text)
{
    f->err = (struct yg_err){ 0 };
    return yg_inputs_parse(f->in, &f->arena, f->conf, yg_str_of(text), &f->err);
}

static void reads_what_is_written(void **state)
{
    struct fixture *f = *state;

    enum yg_status st = parse(
        f, "workers: 1\ninputs:\n"
           "  - type: syslog\n    tenant: acme\n    source: edge\n"
           "    listen: 0.0.0.0:6514\n    transport: tls\n"
           "    certificate: tls/cert.pem\n    key: /abs/key.pem\n"
           "    format: fortigate\n    zone: \"+09:00\"\n    idle_timeout: 2 min\n"
           "  - { type: http, source: web, listen: ':1', token: token, log: true }\n"
           "  - { type: unix, source: eve, path: eve.sock, framing: json }\n"
           "  - { type: file, source: f, path: /l/*.log, map: jl.yaml }\n");
    if (st != YG_OK)
        fail_msg("%d:%d: %s", f->err.line, f->err.column, f->err.msg);
    assert_int_equal(f->in->count, 4);
    const struct yg_input_conf *c = f->in->input;
    char want[160];
    snprintf(want, sizeof(want), "%s/tls/cert.pem", f->dir);
    assert_string_equal(c[0].certificate.p, want);
    assert_string_equal(c[0].key.p, "/abs/key.pem");
    assert_int_equal(c[0].zone, 540);
    assert_int_equal(c[0].idle_timeout, 120);
    assert_int_equal(c[0].max_connections, 1024);
    assert_int_equal(c[0].line, 3);
    assert_int_equal(c[0].client_ca.n, 0);
    assert_string_equal(c[1].token.p, "s3cret");
    assert_string_equal(c[1].tenant.p, "default");
    assert_true(c[1].log && !c[0].log && c[3].log && c[3].from_start);
    assert_int_equal(c[1].max_body, 64 << 20);
    assert_string_equal(c[2].transport.p, "stream");
    assert_string_equal(c[3].format.p, "jsonl");
    assert_non_null(c[3].mapping);
    struct yg_source s = yg_input_source(&c[0]);
    assert_true(yg_str_eq(s.tenant, YG_STR("acme")) && s.offset_min == 540 &&
                yg_str_eq(s.format, YG_STR("fortigate")) && !s.log_source);
}

static void nothing_is_no_input(void **state)
{
    static const char *const text[] = { "", "workers: 1\n", "inputs:\n", "inputs: []\n" };

    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        assert_int_equal(parse(*state, text[i]), YG_OK);
        assert_int_equal(((struct fixture *)*state)->in->count, 0);
    }
}

#define S "inputs:\n- type: syslog\n  source: a\n"
#define H "inputs:\n- type: http\n  source: a\n  listen: ':1'\n"

static void errors_have_a_place(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *msg;
    } row[] = {
        { "inputs: { type: syslog }\n", 1, "inputs is a list" },
        { "inputs: [ syslog ]\n", 1, "an input is a table" },
        { "inputs:\n- source: a\n", 2, "needs `type`" },
        { "inputs:\n- type: sylog\n", 2, "did you mean \"syslog\"?" },
        { S, 2, "needs `listen`" },
        { "inputs:\n- type: syslog\n  listen: ':1'\n", 2, "needs `source`" },
        { S "  lsten: ':1'\n", 4, "did you mean \"listen\"?" },
        { S "  brokers: k:1\n", 4, "unknown key \"brokers\"" },
        { S "  listen: 10.0.0.1\n", 4, "must be host:port" },
        { S "  listen: ':1'\n  transport: sctp\n", 5, "must be tcp, udp or tls" },
        { S "  listen: ':1'\n  framing: csv\n", 5, "auto, lines or json" },
        { S "  listen: ':1'\n  transport: tls\n", 2, "needs `certificate` and `key`" },
        { S "  listen: ':1'\n  key: k\n", 2, "go together" },
        { S "  listen: ':1'\n  certificate: c\n  key: k\n", 2,
          "with \"transport: tls\"" },
        { H "  client_ca: c\n", 2, "`client_ca` needs TLS" },
        { S "  listen: ':1'\n  zone: Tokyo\n", 5, "+09:00" },
        { S "  listen: ':1'\n  zone: '1'\n", 5, "+09:00" },
        { S "  listen: ':1'\n  log: yes\n", 5, "true or false" },
        { S "  listen: ':1'\n  max_connections: 0\n", 5, "from 1 to 65536" },
        { S "  listen: ':1'\n  idle_timeout: 8 d\n", 5, "from 1 to 604800 s" },
        { S "  listen: ':1'\n  tenant:\n", 5, "needs one value" },
        { S "  listen: ':1'\n  tenant: none\n", 5, "from 1 to 100 bytes" },
        { S "  listen: ':1'\n- { type: file, source: a, path: p }\n", 5, "(line 2)" },
        { S "  listen: ':1'\n  format: delimited\n", 2, "needs a mapping file" },
        { S "  listen: ':1'\n  format: eve\n  map: jl.yaml\n", 6, "of format jsonl" },
        { S "  listen: ':1'\n  map: absent.yaml\n", 0, "No such file" },
        { H "  token: open\n", 5, "chmod 600" },
        { H "  token: empty\n", 5, "must be the secret" },
        { H "  token: absent\n", 5, "cannot read the file" },
        { H "  token: .\n", 5, "cannot read the file" },
        { H "  max_body: 1 KiB\n", 5, "from 65536 to 1073741824 bytes" },
        { "inputs:\n- type: unix\n  source: a\n  path: s\n  transport: udp\n", 5,
          "must be stream, dgram" },
        { "inputs:\n- type: kafka\n  source: a\n  brokers: k:1\n", 2, "needs `topics`" },
        { "inputs:\n- type: opensearch\n  source: a\n", 2, "needs `url`" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        enum yg_status st = parse(f, row[i].text);
        if (st == YG_OK || f->err.line != row[i].line || !strstr(f->err.msg, row[i].msg))
            fail_msg("case %zu: %s at %d: %s", i, yg_status_name(st), f->err.line,
                     f->err.msg);
    }
}

static void printed_list_reads_back_equal(void **state)
{
    struct fixture *f = *state;
    struct yg_buf out, again;

    yg_buf_init(&out, 1 << 20);
    yg_buf_init(&again, 1 << 20);
    assert_int_equal(parse(f, "inputs:\n- type: http\n  source: 'a \"b\" \\'\n"
                              "  listen: ':1'\n  token: token\n  log: true\n"
                              "- type: file\n  source: f\n  path: x.log\n  zone: Z\n"),
                     YG_OK);
    yg_inputs_print(f->in, &out);
    if (parse(f, yg_buf_cstr(&out)) != YG_OK)
        fail_msg("%d: %s\n%s", f->err.line, f->err.msg, yg_buf_cstr(&out));
    assert_int_equal(f->in->count, 2);
    assert_string_equal(f->in->input[0].source.p, "a \"b\" \\");
    assert_string_equal(f->in->input[0].token.p, "s3cret");
    assert_true(f->in->input[0].log);
    assert_null(strstr(yg_buf_cstr(&out), "s3cret"));
    yg_inputs_print(f->in, &again);
    assert_string_equal(yg_buf_cstr(&again), yg_buf_cstr(&out));
    yg_buf_fini(&out);
    yg_buf_fini(&again);
}

static void reads_files(void **state)
{
    struct fixture *f = *state;

    put(f, "y.yaml", H, 0644);
    assert_int_equal(yg_inputs_read(f->in, &f->arena, f->conf, &f->err), YG_OK);
    assert_int_equal(f->in->count, 1);
    assert_int_equal(yg_inputs_read(f->in, &f->arena, "/absent", &f->err), YG_EIO);
}

/* Every row of the table: of known types, documented, with a default that is taken. */
static void every_row_is_documented(void **state)
{
    static const struct {
        const char *name, *kinds, *help;
    } row[] = {
#define YG_INPUT(type, id, kinds, least, most, value, help) { #id, kinds, help },
#include "conf/inputs.def"
#undef YG_INPUT
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        assert_true(strlen(row[i].name) >= 2 && strlen(row[i].name) <= 21);
        assert_true(strlen(row[i].help) >= 10 && strlen(row[i].help) <= 100);
        assert_true(strlen(row[i].kinds) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_no_input, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_have_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(printed_list_reads_back_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_files, setup, teardown),
        cmocka_unit_test(every_row_is_documented),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("inputs", tests, NULL, NULL);
}
