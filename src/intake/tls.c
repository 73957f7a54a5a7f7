/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>

/* Credentials; they live as long as a session that began with them. */
struct yg_tls_loan {
    gnutls_certificate_credentials_t cert;
    unsigned users;
};

struct yg_tls_server {
    struct yg_str certificate, key, client_ca;
    struct yg_tls_loan *now;
    gnutls_priority_t priority;
    struct stat seen[3]; /* certificate, key and client_ca as last read */
};

struct yg_tls {
    gnutls_session_t session;
    struct yg_tls_loan *cred;
    bool done; /* the handshake */
};

void yg_tls_return(struct yg_tls_loan *c)
{
    if (!c || --c->users > 0)
        return;
    if (c->cert)
        gnutls_certificate_free_credentials(c->cert);
    free(c);
}

static enum yg_status load(const struct yg_tls_server *s, struct yg_tls_loan **out,
                           struct yg_err *err)
{
    struct yg_tls_loan *c = calloc(1, sizeof(*c));

    if (!c || gnutls_certificate_allocate_credentials(&c->cert) < 0) {
        free(c);
        return yg_err_set(err, YG_ENOMEM, "no memory for TLS");
    }
    c->users = 1;
    int rc = gnutls_certificate_set_x509_key_file(c->cert, s->certificate.p, s->key.p,
                                                  GNUTLS_X509_FMT_PEM);
    if (rc < 0) {
        yg_tls_return(c);
        return yg_err_set(err, YG_EINVAL,
                          "certificate %s with key %s: %s; both must be PEM, and belong "
                          "together",
                          s->certificate.p, s->key.p, gnutls_strerror(rc));
    }
    if (s->client_ca.n > 0) {
        rc = gnutls_certificate_set_x509_trust_file(c->cert, s->client_ca.p,
                                                    GNUTLS_X509_FMT_PEM);
        if (rc <= 0) {
            yg_tls_return(c);
            return yg_err_set(err, YG_EINVAL, "client_ca %s: %s", s->client_ca.p,
                              rc < 0 ? gnutls_strerror(rc) : "no certificate in it");
        }
    }
    *out = c;
    return YG_OK;
}

/* Has one of the files another content, another owner, another mode than when it was last
 * looked at? */
static bool changed(struct yg_tls_server *s)
{
    const char *path[3] = { s->certificate.p, s->key.p, s->client_ca.p };
    bool differs = false;

    for (size_t i = 0; i < YG_ARRAY_LEN(path); i++) {
        struct stat sb;
        if (!path[i] || stat(path[i], &sb) != 0)
            continue;
        differs |= sb.st_ino != s->seen[i].st_ino || sb.st_size != s->seen[i].st_size ||
                   sb.st_ctim.tv_sec != s->seen[i].st_ctim.tv_sec ||
                   sb.st_ctim.tv_nsec != s->seen[i].st_ctim.tv_nsec;
        s->seen[i] = sb;
    }
    return differs;
}

enum yg_status yg_tls_server_new(struct yg_str certificate, struct yg_str key,
                                 struct yg_str client_ca, struct yg_tls_server **out,
                                 struct yg_err *err)
{
    struct yg_tls_server *s = calloc(1, sizeof(*s));

    if (!s || gnutls_priority_init(&s->priority, YG_TLS_PRIORITY, NULL) < 0) {
        free(s);
        return yg_err_set(err, YG_ENOMEM, "no memory for TLS");
    }
    s->certificate = certificate;
    s->key = key;
    s->client_ca = client_ca;
    (void)changed(s);
    enum yg_status st = load(s, &s->now, err);
    if (st == YG_OK)
        *out = s;
    else
        yg_tls_server_free(s);
    return st;
}

void yg_tls_server_free(struct yg_tls_server *s)
{
    if (!s)
        return;
    yg_tls_return(s->now);
    gnutls_priority_deinit(s->priority);
    free(s);
}

void yg_tls_server_renew(struct yg_tls_server *s)
{
    struct yg_tls_loan *c = NULL;

    /* Certificate and key are two files: between their changes they do not belong
     * together, and the second change is noticed in its turn. */
    if (!changed(s) || load(s, &c, NULL) != YG_OK)
        return;
    yg_tls_return(s->now);
    s->now = c;
}

struct yg_tls_loan *yg_tls_lend(struct yg_tls_server *s,
                                struct gnutls_session_int *session)
{
    if (gnutls_priority_set(session, s->priority) < 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, s->now->cert) < 0)
        return NULL;
    if (s->client_ca.n > 0)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    s->now->users++;
    return s->now;
}

bool yg_tls_certified(const struct yg_tls_server *s, struct gnutls_session_int *session)
{
    unsigned bad = 1;

    return s->client_ca.n == 0 ||
           (gnutls_certificate_verify_peers2(session, &bad) == 0 && bad == 0);
}

struct yg_tls *yg_tls_new(struct yg_tls_server *s, int fd)
{
    struct yg_tls *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    if (gnutls_init(&t->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) <
        0) {
        free(t);
        return NULL;
    }
    t->cred = yg_tls_lend(s, t->session);
    if (!t->cred) {
        yg_tls_free(t);
        return NULL;
    }
    if (s->client_ca.n > 0) {
        gnutls_certificate_server_set_request(t->session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(t->session, NULL, 0);
    }
    gnutls_transport_set_int(t->session, fd);
    return t;
}

void yg_tls_free(struct yg_tls *t)
{
    if (!t)
        return;
    if (t->done)
        (void)gnutls_bye(t->session, GNUTLS_SHUT_WR);
    gnutls_deinit(t->session);
    yg_tls_return(t->cred);
    free(t);
}

enum yg_status yg_tls_handshake(struct yg_tls *t)
{
    int rc = t->done ? 0 : gnutls_handshake(t->session);

    if (rc == 0) {
        t->done = true;
        return YG_OK;
    }
    return gnutls_error_is_fatal(rc) ? YG_EFORMAT : YG_EBUSY;
}

uint32_t yg_tls_events(const struct yg_tls *t)
{
    return gnutls_record_get_direction(t->session) ? EPOLLOUT : EPOLLIN;
}

ssize_t yg_tls_recv(struct yg_tls *t, void *p, size_t n)
{
    for (int tries = 0; tries < 16; tries++) {
        ssize_t got = gnutls_record_recv(t->session, p, n);
        if (got >= 0)
            return got;
        if (got == GNUTLS_E_AGAIN) {
            errno = EAGAIN;
            return -1;
        }
        if (got == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)got))
            break; /* TLS 1.2: a new handshake is refused */
    }
    errno = ECONNRESET;
    return -1;
}
