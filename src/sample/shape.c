/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/shape.h"

#include <stddef.h>

const struct yg_sample_ids yg_sample_ids[] = {
#define IDS(id, sid, variants, severity, app, dir, port, ...)                            \
    { sid, variants, severity, YG_APP_##app, YG_DIR_##dir, port, __VA_ARGS__ },
#include "sample/shape_ids.def"
#undef IDS
};

const struct yg_sample_hostrule yg_sample_hostrule[] = {
#define HOST(id, ...) { __VA_ARGS__ },
#include "sample/shape_host.def"
#undef HOST
};

const struct yg_sample_wall yg_sample_wall[] = {
#define WALL(id, ...) { __VA_ARGS__ },
#include "sample/shape_wall.def"
#undef WALL
};

const struct yg_sample_webclass yg_sample_webclass[YG_SAMPLE_WEB_CLASSES] = {
    { "path traversal", "GET /$w/view?file=../../../../etc/$[passwd|hosts|$w.conf]", "",
      "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
      "www-data:x:33:33::/var/www:/usr/sbin/nologin\n" },
    { "command injection", "GET /$w/ping?host=127.0.0.1%3B$[id|uname%20-a|cat%20/etc/$w]",
      "", "PING 127.0.0.1\nuid=33(www-data) gid=33(www-data) groups=33(www-data)\n" },
    { "SQL injection",
      "GET /$w/list?id=$N%27%20union%20select%20$9,name,pass%20from%20$w", "",
      "<table><tr><td>1<td>$w<td>$X<tr><td>2<td>$w<td>$X<tr><td>3<td>$w<td>$X</table>" },
    { "file upload", "POST /$w/upload?dir=$w",
      "--$x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"$w.php\"\r\n\r\n"
      "$B$B\r\n--$x--",
      "{\"ok\":true,\"path\":\"/uploads/$w$N.php\"}" },
    { "template injection", "POST /$w/render", "name=%7B%7B$N*$N%7D%7D&body=$w$x",
      "<html><body>Dear 4$N$N, uid=33(www-data)</body></html>" },
    { "unsafe object", "POST /$w/rpc", "rO0AB$B$B$B", "<result>done $x</result>" },
    { "log-in bypass", "GET /$w/admin/..%3B/setup?user=$w", "",
      "<html><title>Administration</title><body>Signed in as admin. Users Backup "
      "Shell</body></html>" },
    { "server-side request", "GET /$w/fetch?url=http://169.254.169.254/$w/$w", "",
      "{\"role\":\"$w\",\"key\":\"$X\",\"token\":\"$B$B\"}" },
};

const char *const yg_sample_webproduct[YG_SAMPLE_WEB_PRODUCTS] = {
    "photo gallery", "help desk",    "router page",   "forum",         "mail front end",
    "file sync",     "wiki",         "shop basket",   "survey tool",   "camera page",
    "report server", "build server", "form plug-in",  "VPN portal",    "print server",
    "ticket system", "chat gateway", "backup portal", "calendar page", "identity portal",
};
