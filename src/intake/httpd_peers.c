/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpd_priv.h"

#include "intake/loop.h"

#include <stdlib.h>
#include <sys/socket.h>

#define AT_ONCE 8 /* this part of all makes room in a turn */

static unsigned limit_of(const struct yg_httpd *h)
{
    return h->opt.connections ? h->opt.connections : YG_HTTPD_CONNECTIONS;
}

static void note_host(struct yg_httpd_peer *p)
{
    struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
    socklen_t n = sizeof(from);
    char text[YG_SOCK_PEER_MAX];

    if (getpeername(p->fd, (struct sockaddr *)&from, &n) != 0)
        return;
    struct yg_str host = yg_sock_host(yg_sock_peer(&from, text));
    memcpy(p->host, host.p, host.n);
}

/* Certificates that were renewed are those of connections from now on. */
static bool lend(struct yg_httpd *h, struct MHD_Connection *c, struct yg_httpd_peer *p)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    if (!h->opt.tls)
        return true;
    if (p->since_ns - h->renewed_ns >= YG_HTTPD_LOOK_NS) {
        h->renewed_ns = p->since_ns;
        yg_tls_server_renew(h->opt.tls);
    }
    p->loan = i ? yg_tls_lend(h->opt.tls, i->tls_session) : NULL;
    return p->loan != NULL;
}

void yg_httpd_peer_come(struct yg_httpd *h, struct MHD_Connection *c, void **context)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct yg_httpd_peer *p = calloc(1, sizeof(*p));

    *context = p;
    if (!p || !i)
        return;
    *p = (struct yg_httpd_peer){ .fd = i->connect_fd, .since_ns = yg_loop_monotonic() };
    p->phase_ns = p->since_ns;
    note_host(p);
    if (!lend(h, c, p) || !yg_sock_room(p->fd)) {
        shutdown(p->fd, SHUT_RDWR);
        if (h->opt.turned_away)
            h->opt.turned_away(h->opt.arg);
    }
    pthread_mutex_lock(&h->peers_lock);
    p->prev = h->newest;
    if (h->newest)
        h->newest->next = p;
    else
        h->oldest = p;
    h->newest = p;
    bool full = ++h->peers >= limit_of(h);
    pthread_mutex_unlock(&h->peers_lock);
    if (full)
        pthread_cond_signal(&h->more);
}

void yg_httpd_peer_gone(struct yg_httpd *h, void **context)
{
    struct yg_httpd_peer *p = *context;

    *context = NULL;
    if (!p)
        return;
    pthread_mutex_lock(&h->peers_lock);
    if (p->prev || h->oldest == p) {
        *(p->prev ? &p->prev->next : &h->oldest) = p->next;
        *(p->next ? &p->next->prev : &h->newest) = p->prev;
        h->peers--;
    }
    pthread_mutex_unlock(&h->peers_lock);
    yg_tls_return(p->loan);
    free(p);
}

void yg_httpd_peer_served(struct yg_httpd *h, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct yg_httpd_peer *p = i ? i->socket_context : NULL;

    if (!p)
        return;
    pthread_mutex_lock(&h->peers_lock);
    p->served = true;
    pthread_mutex_unlock(&h->peers_lock);
}

void yg_httpd_make_room(struct yg_httpd *h)
{
    int64_t now = yg_loop_monotonic();
    unsigned left = limit_of(h) / AT_ONCE + 1, gone = 0;

    if (now - h->looked_ns < YG_HTTPD_LOOK_NS)
        return;
    h->looked_ns = now;
    pthread_mutex_lock(&h->peers_lock);
    bool full = h->peers >= limit_of(h);
    for (struct yg_httpd_peer *p = h->oldest; full && p && gone < left; p = p->next) {
        if (now - p->since_ns < YG_SOCK_GRACE_NS)
            break; /* those behind are younger */
        if (!p->served && !p->shut) {
            p->shut = shutdown(p->fd, SHUT_RDWR) == 0;
            gone++;
        }
    }
    pthread_mutex_unlock(&h->peers_lock);
    for (; gone > 0 && h->opt.turned_away; gone--)
        h->opt.turned_away(h->opt.arg);
}
