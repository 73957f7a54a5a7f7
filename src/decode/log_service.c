/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services of hosts, their logins above all: Samba, FTP servers, OpenVPN, strongSwan,
 * OpenLDAP, PostgreSQL, MySQL, Asterisk, SQL Server. All context.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

#define OK     YG_SAID_OK
#define FAILED YG_SAID_FAILED

static const struct yg_say service_rows[] = {
    /* Samba */
    { "Denied connection from %*(%*)", "-s", "connect", FAILED, 0 },
    { "Allowed connection from %*(%*)", "-s", "connect", OK, 0 },
    { "%s (%*) connect to service %s initially as user %s", "-snu", "connect", OK, 0 },
    { "%s (%*) closed connection to service %s", "-sn", "disconnect", 0, 0 },
    { "User %s not in 'valid users'", "u", "login", FAILED, 0 },
    { "Auth: [%*] user [%*]\\[%*] at [%*] with [%*] status [NT_STATUS_OK] %*remote host "
      "[%*]",
      "-Du----s", "login", OK, 0 },
    { "Auth: [%*] user [%*]\\[%*] at [%*] with [%*] status [%*] %*remote host [%*]",
      "-Du--e-s", "login", FAILED, 0 },
    /* ProFTPD: "host (client[192.0.2.1]) - text" or "host (..): text" */
    { "%s (%*[%*])%*USER %+: Login successful", "--s-u", "login", OK, 0 },
    { "%s (%*[%*])%*ANON %+: Login successful", "--s-u", "login", OK, 0 },
    { "%s (%*[%*])%*USER %* (Login failed)", "--s-u", "login", FAILED, 0 },
    { "%s (%*[%*])%*USER %*: no such user", "--s-u", "login", FAILED, 0 },
    { "%s (%*[%*])%*onnection from %* denied", "--s--", "connect", FAILED, 0 },
    { "%s (%*[%*])%*FTP session opened", "--s-", "connect", 0, 0 },
    { "%s (%*[%*])%*FTP session closed", "--s-", "disconnect", 0, 0 },
    { "%s (%*[%*])%*aximum login attempts", "--s-", "login", FAILED, 0 },
    { "%sFatal: ", "-", "error", FAILED, 0 },
    { "%s Fatal: ", "-", "error", FAILED, 0 },
    { "refused connect from %s", "s", "connect", FAILED, 0 },
    { "connect from %s", "s", "connect", 0, 0 },
    { "connection from %s", "s", "connect", 0, 0 },
    { "ANONYMOUS FTP LOGIN FROM %s", "s", "login", OK, 0 },
    { "FTP LOGIN FROM %s as %s", "su", "login", OK, 0 },
    { "FTP LOGIN FAILED FROM %s", "s", "login", FAILED, 0 },
    { "User %s timed out after", "u", "disconnect", 0, 0 },
    /* Pure-FTPd */
    { "(%*@%*) [INFO] %+ is now logged in", "-su", "login", OK, 0 },
    { "(%*@%*) [WARNING] Authentication failed for user [%*]", "-su", "login", FAILED,
      0 },
    { "(%*@%*) [INFO] New connection from %s", "-ss", "connect", 0, 0 },
    { "(%*@%*) [INFO] Logout", "us", "logout", 0, 0 },
    { "(%*@%*) [NOTICE] %* uploaded", "usf", "upload", OK, 0 },
    { "(%*@%*) [NOTICE] %* downloaded", "usf", "download", OK, 0 },
    /* OpenVPN, strongSwan */
    { "LDAP bind failed: ", "", "login", FAILED, 0 },
    { "Incorrect password supplied for LDAP DN \"%*\"", "u", "login", FAILED, 0 },
    { "%s [%*] Peer Connection Initiated with %s", "-us", "connect", OK, 0 },
    { "%s TLS Auth Error: Auth Username/Password verification failed", "s", "login",
      FAILED, 0 },
    { "%s TLS: Username/Password authentication succeeded for username '%*'", "su",
      "login", OK, 0 },
    { "%s TLS Error: ", "s", "tls", FAILED, 0 },
    { "%s VERIFY ERROR: ", "s", "tls", FAILED, 0 },
    { "%s SIGTERM", "s", "disconnect", 0, 0 },
    { "%s[IKE] IKE_SA %s established between %*[%*]...%*[%*]", "--d-s-", "connect", OK,
      0 },
    { "%s[IKE] authentication of '%*' %*successful", "-u-", "login", OK, 0 },
    { "%s[IKE] EAP method %s failed for peer %s", "--u", "login", FAILED, 0 },
    { "%s[IKE] %s is initiating", "-s", "connect", 0, 0 },
    /* OpenLDAP */
    { "conn=%s op=%s BIND dn=\"%*\" method=", "--u", "login", 0, 0 },
    { "conn=%s op=%s RESULT tag=97 err=0", "e-", "login", OK, 0 },
    { "conn=%s op=%s RESULT tag=97 err=%s", "--e", "login", FAILED, 0 },
    { "conn=%s fd=%s ACCEPT from IP=%s (IP=%*)", "--sd", "connect", 0, 0 },
    { "conn=%s op=%s %s", "e-a", NULL, 0, 0 },
    { "conn=%s fd=%s", "e-", "connection", 0, 0 },
    /* PostgreSQL, SQL Server */
    { "%*FATAL: password authentication failed for user \"%*\"", "-u", "login", FAILED,
      0 },
    { "%*FATAL: no pg_hba.conf entry for host \"%*\", user \"%*\"", "-su", "login",
      FAILED, 0 },
    { "%*connection authorized: user=%s", "-u", "login", OK, 0 },
    { "%*connection received: host=%s port=%s", "-sp", "connect", 0, 0 },
    { "PGS%s Authentication failed for user %s", "-u", "login", FAILED, 0 },
    { "Authentication failed from %s", "s", "login", FAILED, 0 },
    { "Received SNMP packet(s) from %s", "s", "request", 0, 0 },
};

static bool service_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    (void)d;
    if (!yg_say_pam(t, l))
        (void)yg_says(t, l->body, service_rows, YG_ARRAY_LEN(service_rows));
    return true;
}

const struct yg_dialect yg_dialect_service = {
    .name = "service",
    .doc = "Samba, FTP servers, VPNs, LDAP and database servers",
    .product = "service",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .apps = "smbd nmbd winbindd proftpd ftpd in.ftpd vsftpd pure-ftpd openvpn charon "
            "charon-systemd ipsec slapd postgres cimserver snmpd klogind",
    .read = service_read,
};

/* ---- files of services that write no program's name ----------------------------------
 */

static const struct yg_say own_rows[] = {
    /* vsftpd: "Fri Jan  2 03:04:05 2026 [pid 2] [jo] FAIL LOGIN: Client "192.0.2.1"" */
    { "%*[pid %s CONNECT: Client \"%*\"", "-Ns", "connect", 0, 0 },
    { "%*[pid %s [%*] OK LOGIN: Client \"%*\"", "-Nus", "login", OK, 0 },
    { "%*[pid %s [%*] FAIL LOGIN: Client \"%*\"", "-Nus", "login", FAILED, 0 },
    { "%*[pid %s [%*] OK UPLOAD: Client \"%*\", \"%*\"", "-Nusf", "upload", OK, 0 },
    { "%*[pid %s [%*] OK DOWNLOAD: Client \"%*\", \"%*\"", "-Nusf", "download", OK, 0 },
    /* SQL Server's error log */
    { "%*Login succeeded for user '%+'. %*[CLIENT: %*]", "-u-s", "login", OK, 0 },
    { "%*Login failed for user '%+'. %*[CLIENT: %*]", "-u-s", "login", FAILED, 0 },
    /* MySQL */
    { "%*Access denied for user '%+'@'%*' (using password", "-us", "login", FAILED, 0 },
};

static bool own_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    (void)d;
    if (!yg_says(t, l->raw, own_rows, YG_ARRAY_LEN(own_rows)))
        return false;
    (void)yg_log_put_time(t, l->raw);
    return true;
}

/* They begin with a time: what is further in may be a stranger's. */
static int own_match(const struct yg_logline *l)
{
    struct yg_str rest = l->raw;
    int64_t ns;
    int zone;

    return l->app.n == 0 && yg_log_time(&rest, 0, 0, &ns, &zone) && rest.n > 0 ? 75 : 0;
}

const struct yg_dialect yg_dialect_servicefile = {
    .name = "servicefile",
    .doc = "vsftpd, SQL Server, MySQL: their own log files",
    .product = "service",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .marks =
        "LOGIN: Client|CONNECT: Client|LOAD: Client|[CLIENT: |Access denied for user",
    .match = own_match,
    .no_host = true,
    .read = own_read,
};
