/* SPDX-License-Identifier: Apache-2.0 */
/* TLS with real certificates, made for the test by GnuTLS, and real clients. */
#include "intake/syslog.h"

#include "intake_util.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <signal.h>
#include <time.h>

#define PEM_MAX 8192

struct certificate {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
};

struct tls_box {
    struct intake_box b;
    struct certificate ca, server, client, stranger;
};

/* Signed by `ca`, or by itself. */
static void make(struct certificate *c, const char *name, const struct certificate *ca)
{
    static unsigned char serial = 1;
    bool self = !ca;

    ca = ca ? ca : c;
    assert_int_equal(gnutls_x509_privkey_init(&c->key), 0);
    assert_int_equal(
        gnutls_x509_privkey_generate(c->key, GNUTLS_PK_ECDSA,
                                     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
        0);
    assert_int_equal(gnutls_x509_crt_init(&c->crt), 0);
    gnutls_x509_crt_set_version(c->crt, 3);
    serial++;
    gnutls_x509_crt_set_serial(c->crt, &serial, 1);
    gnutls_x509_crt_set_key(c->crt, c->key);
    gnutls_x509_crt_set_dn_by_oid(c->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                  (unsigned)strlen(name));
    gnutls_x509_crt_set_activation_time(c->crt, time(NULL) - 3600);
    gnutls_x509_crt_set_expiration_time(c->crt, time(NULL) + 3600);
    gnutls_x509_crt_set_ca_status(c->crt, self);
    gnutls_x509_crt_set_key_usage(c->crt, self ? GNUTLS_KEY_KEY_CERT_SIGN
                                               : GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(
        gnutls_x509_crt_sign2(c->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0), 0);
}

static void write_file(const struct intake_box *b, const char *name, const char *text,
                       size_t n)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", b->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
}

static void save(const struct intake_box *b, const struct certificate *c, const char *crt,
                 const char *key)
{
    char text[PEM_MAX];
    size_t n = sizeof(text);

    assert_int_equal(gnutls_x509_crt_export(c->crt, GNUTLS_X509_FMT_PEM, text, &n), 0);
    write_file(b, crt, text, n);
    n = sizeof(text);
    assert_int_equal(gnutls_x509_privkey_export(c->key, GNUTLS_X509_FMT_PEM, text, &n),
                     0);
    if (key)
        write_file(b, key, text, n);
}

static int setup(void **state)
{
    struct tls_box *t = calloc(1, sizeof(*t));

    assert_non_null(t);
    intake_box_init(&t->b);
    make(&t->ca, "test ca", NULL);
    make(&t->server, "server", &t->ca);
    make(&t->client, "client", &t->ca);
    make(&t->stranger, "stranger", NULL);
    save(&t->b, &t->ca, "ca.pem", NULL);
    save(&t->b, &t->server, "cert.pem", "key.pem");
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct tls_box *t = *state;
    struct certificate *all[] = { &t->ca, &t->server, &t->client, &t->stranger };

    for (size_t i = 0; i < YG_ARRAY_LEN(all); i++) {
        gnutls_x509_crt_deinit(all[i]->crt);
        gnutls_x509_privkey_deinit(all[i]->key);
    }
    intake_box_fini(&t->b);
    free(t);
    return 0;
}

struct client {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t cred;
};

/* Returns what the handshake says. */
static int dial(struct tls_box *t, struct client *c, const char *priority,
                const struct certificate *with)
{
    gnutls_x509_crt_t chain[1];
    int rc;

    c->fd = intake_box_dial(&t->b, 0, SOCK_STREAM);
    gnutls_certificate_allocate_credentials(&c->cred);
    gnutls_certificate_set_x509_trust(c->cred, &t->ca.crt, 1);
    if (with) {
        chain[0] = with->crt;
        assert_int_equal(gnutls_certificate_set_x509_key(c->cred, chain, 1, with->key),
                         0);
    }
    gnutls_init(&c->session, GNUTLS_CLIENT);
    assert_int_equal(gnutls_priority_set_direct(c->session, priority, NULL), 0);
    gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->cred);
    gnutls_session_set_verify_cert(c->session, NULL, 0);
    gnutls_transport_set_int(c->session, c->fd);
    gnutls_handshake_set_timeout(c->session, 10000);
    do
        rc = gnutls_handshake(c->session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc;
}

static void say(struct client *c, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t done = gnutls_record_send(c->session, text, n < 16000 ? n : 16000);
        assert_true(done > 0);
        text += done;
        n -= (size_t)done;
    }
}

#define SAY_TLS(c, lit) say(c, lit, sizeof(lit) - 1)

static void hang_up(struct client *c)
{
    gnutls_bye(c->session, GNUTLS_SHUT_WR);
    gnutls_deinit(c->session);
    gnutls_certificate_free_credentials(c->cred);
    close(c->fd);
}

#define TLS                                                                              \
    "inputs:\n- { type: syslog, source: s, listen: '127.0.0.1:0', transport: tls, "      \
    "certificate: cert.pem, key: key.pem"

static void records_over_tls(void **state)
{
    static const char *const priority[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                            "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
    struct tls_box *t = *state;
    struct client c;

    assert_int_equal(intake_box_start(&t->b, TLS " }\n"), YG_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(dial(t, &c, priority[i], NULL), 0);
        SAY_TLS(&c, "9 <15>three12 <16>seven777<1>x\n");
        intake_box_expect(&t->b, "<15>three");
        intake_box_expect(&t->b, "<16>seven777");
        intake_box_expect(&t->b, "<1>x");
        size_t n = 600000;
        char *big = malloc(n);
        assert_non_null(big);
        memset(big, 'z', n);
        say(&c, big, n);
        free(big);
        hang_up(&c);
        assert_true(intake_box_next(&t->b, 10000));
        assert_int_equal(t->b.rec.raw.n, n);
    }
    assert_int_equal(intake_box_count(&t->b, 0, YG_IN_CONNECTIONS), 2);
}

/* Old versions, plain text, strangers: no record comes of them. */
static void refuses(void **state)
{
    struct tls_box *t = *state;
    struct client c;
    char byte;

    assert_int_equal(intake_box_start(&t->b, TLS ", client_ca: ca.pem }\n"), YG_OK);
    assert_true(dial(t, &c, "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", NULL) < 0);
    hang_up(&c);
    intake_box_until(&t->b, 0, YG_IN_REJECTED, 1);
    int fd = intake_box_dial(&t->b, 0, SOCK_STREAM);
    SAY(fd, "<13>plain text\n");
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    close(fd);
    intake_box_until(&t->b, 0, YG_IN_REJECTED, 2);
    /* In TLS 1.3 the client may think that it is in before the server has looked. */
    if (dial(t, &c, "NORMAL", &t->stranger) == 0)
        (void)gnutls_record_send(c.session, "<13>stranger\n", 13);
    hang_up(&c);
    intake_box_until(&t->b, 0, YG_IN_REJECTED, 3);
    if (dial(t, &c, "NORMAL", NULL) == 0)
        (void)gnutls_record_send(c.session, "<13>nobody\n", 11);
    hang_up(&c);
    intake_box_until(&t->b, 0, YG_IN_REJECTED, 4);
    assert_int_equal(dial(t, &c, "NORMAL", &t->client), 0);
    SAY_TLS(&c, "<13>friend\n");
    intake_box_expect(&t->b, "<13>friend");
    hang_up(&c);
    assert_false(intake_box_next(&t->b, 100));
}

/* One that never shakes hands does not keep others from it. */
static void handshakes_do_not_block(void **state)
{
    struct tls_box *t = *state;
    struct client c;
    int silent[20];
    char byte;

    assert_int_equal(intake_box_start(&t->b, TLS ", idle_timeout: 2 s }\n"), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(silent); i++) {
        silent[i] = intake_box_dial(&t->b, 0, SOCK_STREAM);
        SAY(silent[i], "\x16\x03\x01\x02"); /* the beginning of a hello */
    }
    assert_int_equal(dial(t, &c, "NORMAL", NULL), 0);
    SAY_TLS(&c, "<13>in time\n");
    intake_box_expect(&t->b, "<13>in time");
    for (size_t i = 0; i < YG_ARRAY_LEN(silent); i++) {
        assert_true(recv(silent[i], &byte, 1, 0) <= 0);
        close(silent[i]);
    }
    hang_up(&c);
}

static void certificate_is_renewed(void **state)
{
    struct tls_box *t = *state;
    struct client c;
    unsigned count = 0;
    bool renewed = false;

    assert_int_equal(intake_box_start(&t->b, TLS " }\n"), YG_OK);
    save(&t->b, &t->client, "cert.pem", "key.pem"); /* another one */
    for (int i = 0; i < 50 && !renewed; i++) {
        char name[64] = "";
        size_t n = sizeof(name);
        gnutls_x509_crt_t crt;
        assert_int_equal(dial(t, &c, "NORMAL", NULL), 0);
        const gnutls_datum_t *peer = gnutls_certificate_get_peers(c.session, &count);
        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_import(crt, peer, GNUTLS_X509_FMT_DER), 0);
        gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &n);
        gnutls_x509_crt_deinit(crt);
        renewed = strcmp(name, "client") == 0;
        hang_up(&c);
        usleep(100000);
    }
    assert_true(renewed);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(records_over_tls),
        T(refuses),
        T(handshakes_do_not_block),
        T(certificate_is_renewed),
    };

    signal(SIGPIPE, SIG_IGN); /* the clients are hung up on */
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("syslog-tls", tests, NULL, NULL);
}
