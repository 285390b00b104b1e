/* The network and sockets: reaching anything outside.
 *
 * The harness listens outside, on ports and paths that it names; it also looks
 * whether anybody came. Twins speak to listeners of their own, inside. */
#include "attempt.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
};

static socklen_t loopback(union address *address, int family, int port)
{
    memset(address, 0, sizeof *address);
    if (family == AF_INET) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)port);
        address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof address->v4;
    }
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons((uint16_t)port);
    address->v6.sin6_addr = in6addr_loopback;
    return sizeof address->v6;
}

/* A listener of our own, for twins. Its port. */
static int own_listener(int family, int type, int protocol)
{
    union address address;
    socklen_t length = loopback(&address, family, 0);
    int listener = (int)must("socket", socket(family, type, protocol));
    must("bind", bind(listener, &address.any, length));
    if (type == SOCK_STREAM)
        must("listen", listen(listener, 5));
    must("getsockname", getsockname(listener, &address.any, &length));
    return ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

static int port_of(const char *how, int family, int type, int protocol)
{
    return twin ? own_listener(family, type, protocol) : (int)number(how);
}

static void converse(int stream, const union address *address, socklen_t length, const char *what)
{
    if (connect(stream, &address->any, length))
        refused(what);
    verdict(what, send(stream, MARKER, strlen(MARKER), MSG_NOSIGNAL));
}

static void tcp(const char *how)
{
    int family = strstr(how, "6") ? AF_INET6 : AF_INET;
    int protocol = strstr(how, "multipath") ? 262 : 0;
    union address address;
    socklen_t length = loopback(&address, family, port_of(family == AF_INET ? "TCP4" : "TCP6", family, SOCK_STREAM, 0));
    int stream = socket(family, SOCK_STREAM, protocol);
    if (stream < 0)
        refused("socket");
    if (strstr(how, "mapped")) {
        /* The v4 address by a v6 socket. */
        union address mapped = { 0 };
        int port = ntohs(address.v4.sin_port);
        loopback(&mapped, AF_INET6, port);
        must("inet_pton", inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.v6.sin6_addr) == 1 ? 0 : -1);
        close(stream);
        stream = (int)must("socket", socket(AF_INET6, SOCK_STREAM, 0));
        converse(stream, &mapped, sizeof mapped.v6, how);
    }
    if (strstr(how, "any-address"))
        address.v4.sin_addr.s_addr = htonl(INADDR_ANY);
    if (strstr(how, "fast-open"))
        verdict(how, sendto(stream, MARKER, strlen(MARKER), MSG_FASTOPEN | MSG_NOSIGNAL, &address.any, length));
    converse(stream, &address, length, how);
}

static void udp(const char *how)
{
    int family = strstr(how, "6") ? AF_INET6 : AF_INET;
    union address address;
    socklen_t length = loopback(&address, family, port_of(family == AF_INET ? "UDP4" : "UDP6", family, SOCK_DGRAM, 0));
    int datagram = socket(family, SOCK_DGRAM, 0);
    if (datagram < 0)
        refused("socket");
    if (strstr(how, "connected")) {
        if (connect(datagram, &address.any, length))
            refused("connect");
        verdict(how, send(datagram, MARKER, strlen(MARKER), 0));
    }
    if (strstr(how, "many")) {
        struct iovec part = { MARKER, strlen(MARKER) };
        struct mmsghdr message = { .msg_hdr = { &address, length, &part, 1, NULL, 0, 0 } };
        verdict(how, sendmmsg(datagram, &message, 1, 0));
    }
    verdict(how, sendto(datagram, MARKER, strlen(MARKER), 0, &address.any, length));
}

/* Addresses beyond loopback: no packet of theirs may find a way out. The twin
 * speaks to loopback by the same calls. */
static void away(const char *how)
{
    static const struct { const char *name, *address; int port; } places[] = {
        { "metadata", "169.254.169.254", 80 }, { "private", "10.0.0.1", 80 },
        { "router", "192.168.1.1", 80 }, { "container-host", "172.17.0.1", 2375 },
        { "public", "192.0.2.1", 443 }, { "name-server", "192.0.2.53", 53 },
        { "broadcast", "255.255.255.255", 9 }, { "multicast", "224.0.0.251", 5353 },
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].name, how))
            continue;
        bool datagram = places[i].port == 53 || places[i].port == 9 || places[i].port == 5353;
        union address address;
        socklen_t length = loopback(&address, AF_INET, twin ? own_listener(AF_INET, datagram ? SOCK_DGRAM : SOCK_STREAM, 0) : places[i].port);
        if (!twin)
            inet_pton(AF_INET, places[i].address, &address.v4.sin_addr);
        int out = socket(AF_INET, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
        if (out < 0)
            refused("socket");
        setsockopt(out, SOL_SOCKET, SO_BROADCAST, &(int){ 1 }, sizeof(int));
        if (datagram)
            verdict(how, sendto(out, "x", 1, 0, &address.any, length));
        int result = connect(out, &address.any, length);
        if (result && errno == EINPROGRESS)
            achieved("a packet is on its way to %s", places[i].address);
        verdict(how, result);
    }
    unknown("no such place: %s", how);
}

static void away6(const char *how)
{
    union address address;
    socklen_t length = loopback(&address, AF_INET6, twin ? own_listener(AF_INET6, SOCK_STREAM, 0) : 443);
    if (!twin)
        inet_pton(AF_INET6, "2001:db8::1", &address.v6.sin6_addr);
    int out = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (out < 0)
        refused("socket");
    int result = connect(out, &address.any, length);
    if (result && errno == EINPROGRESS)
        achieved("a packet is on its way");
    verdict(how, result);
}

/* Kinds of sockets that see or send what they should not; reachable is enough. */
static void family(const char *how)
{
    static const struct { const char *name; int family, type, protocol; } kinds[] = {
        { "raw", AF_INET, SOCK_RAW, IPPROTO_ICMP }, { "raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 },
        { "raw-ip", AF_INET, SOCK_RAW, IPPROTO_RAW },
        { "raw-close-on-exec", AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP },
        { "old-packet", AF_INET, SOCK_PACKET, 0x0300 },
        { "packet", AF_PACKET, SOCK_RAW, 0x0300 }, { "packet-datagram", AF_PACKET, SOCK_DGRAM, 0x0300 },
        { "vsock", AF_VSOCK, SOCK_STREAM, 0 }, { "vsock-datagram", AF_VSOCK, SOCK_DGRAM, 0 },
        { "algorithm", AF_ALG, SOCK_SEQPACKET, 0 }, { "bluetooth", AF_BLUETOOTH, SOCK_RAW, 1 },
        { "can", AF_CAN, SOCK_RAW, 1 }, { "key", AF_KEY, SOCK_RAW, 2 }, { "xdp", AF_XDP, SOCK_RAW, 0 },
        { "tipc", AF_TIPC, SOCK_DGRAM, 0 }, { "rds", AF_RDS, SOCK_SEQPACKET, 0 },
        { "netfilter", AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER },
        { "socket-list", AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG },
        { "device-events", AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT },
        { "audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT }, { "generic", AF_NETLINK, SOCK_RAW, NETLINK_GENERIC },
        { "crypto", AF_NETLINK, SOCK_RAW, NETLINK_CRYPTO }, { "connector", AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR },
        { "sctp", AF_INET, SOCK_STREAM, 132 }, { "dccp", AF_INET, 6, 33 }, { "smc", 43, SOCK_STREAM, 0 },
        { "nfc", AF_NFC, SOCK_RAW, 1 }, { "qrtr", 42, SOCK_DGRAM, 0 }, { "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, how)) {
            if (twin)
                verdict("a stream", socket(AF_INET, SOCK_STREAM, 0));
            verdict(how, socket(kinds[i].family, kinds[i].type, kinds[i].protocol));
        }
    unknown("no such kind: %s", how);
}

/* Changing the network that one is in. */
static void configure(const char *how)
{
    int any = (int)must("socket", socket(AF_INET, SOCK_DGRAM, 0));
    struct ifreq request = { 0 };
    strcpy(request.ifr_name, "lo");
    must("SIOCGIFFLAGS", ioctl(any, SIOCGIFFLAGS, &request));
    if (twin)
        achieved("read the flags of lo");
    if (!strcmp(how, "interface"))
        /* Sets what is set already. */
        verdict("SIOCSIFFLAGS", ioctl(any, SIOCSIFFLAGS, &request));
    if (!strcmp(how, "mark"))
        verdict("SO_MARK", setsockopt(any, SOL_SOCKET, SO_MARK, &(int){ 1 }, sizeof(int)));
    if (!strcmp(how, "debug"))
        verdict("SO_DEBUG", setsockopt(any, SOL_SOCKET, SO_DEBUG, &(int){ 1 }, sizeof(int)));
    if (!strcmp(how, "tunnel"))
        verdict("/dev/net/tun", open("/dev/net/tun", O_RDWR));
    int link = (int)must("netlink", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    struct {
        struct nlmsghdr head;
        struct ifinfomsg body;
    } message = { { sizeof message, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 }, { .ifi_index = 1 } };
    must("send", send(link, &message, sizeof message, 0));
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char room[512];
    } answer;
    must("recv", recv(link, &answer, sizeof answer, 0));
    errno = -answer.error.error;
    verdict("RTM_NEWLINK", errno ? -1 : 0);
}

/* Interfaces of the host. The twin finds loopback. */
static void interfaces(const char *how)
{
    (void)how;
    struct ifaddrs *all;
    must("getifaddrs", getifaddrs(&all));
    for (struct ifaddrs *one = all; one; one = one->ifa_next)
        if (!strcmp(one->ifa_name, "lo") == twin)
            achieved("sees %s", one->ifa_name);
    blocked("ENODEV: only loopback");
}

static socklen_t path_address(union address *address, const char *path)
{
    memset(address, 0, sizeof *address);
    address->un.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->un.sun_path)
        unknown("%s is too long for a socket", path);
    strcpy(address->un.sun_path, path);
    return sizeof address->un;
}

static socklen_t abstract_address(union address *address, const char *name)
{
    memset(address, 0, sizeof *address);
    address->un.sun_family = AF_UNIX;
    memcpy(address->un.sun_path + 1, name, strlen(name));
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

/* The path of a socket: outside, or a listener of our own for a twin. */
static const char *socket_path(const char *key, int type)
{
    if (!twin)
        return value(key);
    /* Relative, because a workspace may have a long name. */
    must("chdir", chdir(value("W")));
    union address address;
    socklen_t length = path_address(&address, "own-socket");
    int pair[2];
    int listener;
    if (type == SOCK_DGRAM) {
        must("socketpair", socketpair(AF_UNIX, type, 0, pair));
        listener = pair[0];
        /* A bound half of a pair is what a datagram socket may be inside. */
        if (bind(listener, &address.any, length))
            achieved("a pair that cannot be bound is still a pair");
        return "own-socket";
    }
    listener = (int)must("socket", socket(AF_UNIX, type, 0));
    must("bind", bind(listener, &address.any, length));
    must("listen", listen(listener, 5));
    return "own-socket";
}

static void path_stream(const char *key)
{
    union address address;
    socklen_t length = path_address(&address, socket_path(key, SOCK_STREAM));
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    if (stream < 0)
        refused("socket");
    converse(stream, &address, length, key);
}

static void path_sequence(const char *key)
{
    union address address;
    socklen_t length = path_address(&address, socket_path(key, SOCK_SEQPACKET));
    int stream = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (stream < 0)
        refused("socket");
    int result = connect(stream, &address.any, length);
    if (result && errno == EPROTOTYPE)
        achieved("reached a listener of another type");
    verdict("connect", result);
}

/* By a link in the workspace, and by a descriptor: no look at the text helps. */
static void path_stream_by_link(const char *key)
{
    const char *path = socket_path(key, SOCK_STREAM);
    must("symlink", symlink(path, work("socket-link")));
    must("chdir", chdir(value("W")));
    union address address;
    socklen_t length = path_address(&address, "socket-link");
    int stream = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
    converse(stream, &address, length, key);
}

/* Datagrams, by every way to have a socket for them. */
static void path_datagram(const char *how)
{
    int type = SOCK_DGRAM, pair[2];
    if (twin) {
        must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
        must("send", send(pair[0], "x", 1, 0));
        char got;
        verdict("a pair", recv(pair[1], &got, 1, 0));
    }
    union address address;
    socklen_t length = path_address(&address, value(strstr(how, "inside") ? "DGRAM_IN" : "DGRAM_OUT"));
    int datagram;
    if (strstr(how, "pair")) {
        must("socketpair", socketpair(AF_UNIX, type, 0, pair));
        datagram = pair[0];
    } else {
        /* The kernel makes SOCK_RAW of AF_UNIX a datagram socket (unix(7) does not say so). */
        type = strstr(how, "raw") ? SOCK_RAW : SOCK_DGRAM;
        if (strstr(how, "flags"))
            type |= SOCK_CLOEXEC | SOCK_NONBLOCK;
        datagram = socket(AF_UNIX, type, 0);
    }
    if (datagram < 0)
        refused("socket");
    if (strstr(how, "connect")) {
        if (connect(datagram, &address.any, length))
            refused("connect");
        verdict("send", send(datagram, MARKER, strlen(MARKER), 0));
    }
    if (strstr(how, "message")) {
        struct iovec part = { MARKER, strlen(MARKER) };
        struct msghdr message = { &address, length, &part, 1, NULL, 0, 0 };
        verdict("sendmsg", sendmsg(datagram, &message, 0));
    }
    verdict("sendto", sendto(datagram, MARKER, strlen(MARKER), 0, &address.any, length));
}

static void abstract(const char *how)
{
    union address address;
    bool datagram = !strcmp(how, "datagram") || !strcmp(how, "datagram-pair");
    const char *name = twin ? text("fumehood-twin-%d", getpid()) : value(datagram ? "ABSTRACT_DGRAM" : "ABSTRACT");
    socklen_t length = abstract_address(&address, name);
    if (datagram) {
        int pair[2];
        must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
        if (twin)
            verdict("a pair", send(pair[0], "x", 1, 0));
        int sender = strcmp(how, "datagram") ? pair[0] : socket(AF_UNIX, SOCK_DGRAM, 0);
        if (sender < 0)
            refused("socket");
        verdict(how, sendto(sender, MARKER, strlen(MARKER), 0, &address.any, length));
    }
    if (twin) {
        int listener = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
        must("bind", bind(listener, &address.any, length));
        must("listen", listen(listener, 5));
    }
    int stream = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
    converse(stream, &address, length, how);
}

/* Well-known sockets by their well-known names, below the home folder. */
static void agent(const char *below)
{
    union address address;
    if (twin) {
        socklen_t length = path_address(&address, socket_path("", SOCK_STREAM));
        int stream = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
        converse(stream, &address, length, "own");
    }
    if (chdir(value("HOME")))
        refused("chdir");
    socklen_t length = path_address(&address, below);
    int stream = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
    converse(stream, &address, length, below);
}

/* `%d` in a path is the user's number. */
static char *for_user(const char *path)
{
    const char *at = strstr(path, "%d");
    return text("%.*s%u%s", (int)(at - path), path, geteuid(), at + 2);
}

/* The same for those with one path on every machine. */
static void well_known(const char *path)
{
    union address address;
    if (twin)
        agent("");
    socklen_t length = path_address(&address, strstr(path, "%d") ? for_user(path) : path);
    int stream = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
    verdict(address.un.sun_path, connect(stream, &address.any, length));
}

/* What the environment says where sockets are. */
static void by_variable(const char *name)
{
    if (twin)
        verdict("HOME", getenv("HOME") ? 0 : -1);
    const char *path = getenv(name);
    if (!path)
        blocked("ENOENT: %s is not set", name);
    achieved("%s=%s", name, path);
}

/* A listener inside, on every address: does the host reach it? */
static void serve(const char *how)
{
    int family = strstr(how, "6") ? AF_INET6 : AF_INET;
    union address address;
    socklen_t length = loopback(&address, family, 0);
    if (family == AF_INET)
        address.v4.sin_addr.s_addr = htonl(INADDR_ANY);
    else
        address.v6.sin6_addr = in6addr_any;
    int listener = (int)must("socket", socket(family, SOCK_STREAM, 0));
    must("bind", bind(listener, &address.any, length));
    must("listen", listen(listener, 5));
    must("getsockname", getsockname(listener, &address.any, &length));
    int port = ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    if (twin) {
        length = loopback(&address, family, port);
        int stream = (int)must("socket", socket(family, SOCK_STREAM, 0));
        converse(stream, &address, length, how);
    }
    const char *answer = host_does(text("connect%s %d", family == AF_INET ? "4" : "6", port));
    /* Another program of the host may have that port too: ours must see somebody. */
    struct pollfd somebody = { listener, POLLIN, 0 };
    if (poll(&somebody, 1, strstr(answer, "connected") ? 500 : 0) > 0)
        achieved("the host connected to port %d", port);
    blocked("ECONNREFUSED: the host found nobody");
}

/* A descriptor handed over by a host process, over a path in the workspace. */
static void take_descriptor(const char *how)
{
    (void)how;
    union address address;
    int pair[2];
    int stream;
    if (twin) {
        must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        stream = pair[0];
        must("send", send(pair[1], "x", 1, 0));
    } else {
        socklen_t length = path_address(&address, value("STREAM_IN"));
        stream = (int)must("socket", socket(AF_UNIX, SOCK_STREAM, 0));
        if (connect(stream, &address.any, length))
            refused("connect");
        verdict("connected: it could be handed anything", 0);
    }
    char got;
    verdict("read from a pair", recv(stream, &got, 1, 0));
}

/* Lists of sockets of the host. */
static void listed(const char *how)
{
    const char *path = text("/proc/net/%s", how);
    char *read = content(path);
    if (!read)
        refused(path);
    if (twin)
        achieved("read %s", path);
    const char *wanted = !strcmp(how, "unix") ? value("ABSTRACT") : text(":%04lX ", number("TCP4"));
    if (strstr(read, wanted))
        achieved("%s is in %s", wanted, path);
    blocked("ENOENT: %s has no %s", path, wanted);
}

#define TCP(n, w) { "tcp-" n, tcp, n, .witness = w }
#define UDP(n, w) { "udp-" n, udp, n, .witness = w }
#define WELL_KNOWN(n, path) { "well-known-" n, well_known, path, .alone = "machine: most have no such service" }
#define AWAY(n) { "away-" n, away, n, .alone = "never: no packet may leave this machine" }
#define FAMILY(n, why) { "family-" n, family, n, .alone = why }
#define ROOT "root: needs CAP_NET_RAW or CAP_NET_ADMIN"
#define KERNEL "machine: a module that some kernels lack"

TABLE {
    TCP("4", "tcp4"), TCP("6", "tcp6"), TCP("mapped", "tcp4"), TCP("any-address", "tcp4"),
    TCP("fast-open", "tcp4"),
    { "tcp-multipath", tcp, "multipath", .alone = KERNEL, .witness = "tcp4" },
    UDP("4", "!udp4"), UDP("6", "!udp6"), UDP("connected", "!udp4"), UDP("many", "!udp4"),
    AWAY("metadata"), AWAY("private"), AWAY("router"), AWAY("container-host"), AWAY("public"),
    AWAY("name-server"), AWAY("broadcast"), AWAY("multicast"),
    { "away-six", away6, "six", .alone = "never: no packet may leave this machine" },
    FAMILY("raw", ROOT), FAMILY("raw6", ROOT), FAMILY("raw-ip", ROOT), FAMILY("raw-close-on-exec", ROOT),
    FAMILY("old-packet", ROOT), FAMILY("packet", ROOT), FAMILY("packet-datagram", ROOT),
    FAMILY("vsock", KERNEL), FAMILY("vsock-datagram", KERNEL), FAMILY("algorithm", KERNEL),
    FAMILY("bluetooth", KERNEL), FAMILY("can", KERNEL), FAMILY("key", KERNEL), FAMILY("xdp", KERNEL),
    FAMILY("tipc", KERNEL), FAMILY("rds", KERNEL), FAMILY("netfilter", KERNEL),
    FAMILY("socket-list", KERNEL), FAMILY("device-events", KERNEL), FAMILY("audit", KERNEL),
    FAMILY("generic", KERNEL), FAMILY("crypto", KERNEL), FAMILY("connector", KERNEL), FAMILY("sctp", KERNEL),
    FAMILY("dccp", KERNEL), FAMILY("smc", KERNEL), FAMILY("nfc", KERNEL), FAMILY("qrtr", KERNEL),
    { "configure-interface", configure, "interface", .alone = ROOT },
    { "configure-link", configure, "link", .alone = ROOT },
    { "configure-mark", configure, "mark", .alone = ROOT },
    { "configure-tunnel", configure, "tunnel", .alone = "machine: some have no tun, or guard it" },
    { "interfaces", interfaces, NULL, .alone = "machine: some have only loopback" },
    { "path-outside", path_stream, "STREAM_OUT", .gap = "host-sockets", .witness = "stream-out" },
    { "path-inside", path_stream, "STREAM_IN", .gap = "host-sockets", .witness = "stream-in" },
    { "path-outside-by-link", path_stream_by_link, "STREAM_OUT", .gap = "host-sockets", .witness = "stream-out" },
    { "path-tmp", path_stream, "STREAM_TMP", .witness = "stream-tmp" },
    { "path-sequence", path_sequence, "STREAM_OUT", .gap = "host-sockets" },
    { "path-descriptor", take_descriptor, NULL, .gap = "host-sockets", .witness = "stream-in" },
    { "datagram-to", path_datagram, "to", .witness = "dgram-out" },
    { "datagram-message", path_datagram, "message", .witness = "dgram-out" },
    { "datagram-connect", path_datagram, "connect", .witness = "dgram-out" },
    { "datagram-flags", path_datagram, "flags", .witness = "dgram-out" },
    { "datagram-inside", path_datagram, "inside", .witness = "dgram-in" },
    { "datagram-raw", path_datagram, "raw", .witness = "dgram-out" },
    { "datagram-raw-flags", path_datagram, "raw flags", .witness = "dgram-out" },
    { "datagram-pair-to", path_datagram, "pair to", .gap = "host-sockets", .witness = "dgram-out" },
    { "datagram-pair-message", path_datagram, "pair message", .gap = "host-sockets", .witness = "dgram-out" },
    { "datagram-pair-connect", path_datagram, "pair connect", .gap = "host-sockets", .witness = "dgram-out" },
    { "datagram-pair-inside", path_datagram, "pair inside", .gap = "host-sockets", .witness = "dgram-in" },
    { "abstract-stream", abstract, "stream", .witness = "abstract" },
    { "abstract-datagram", abstract, "datagram", .witness = "abstract-dgram" },
    { "abstract-datagram-pair", abstract, "datagram-pair", .witness = "abstract-dgram" },
    { "agent-gpg", agent, ".gnupg/S.gpg-agent", .witness = "gpg" },
    { "agent-ssh", agent, ".ssh/agent.sock", .witness = "ssh" },
    { "agent-docker", agent, ".docker/run/docker.sock", .gap = "host-sockets", .witness = "docker" },
    WELL_KNOWN("system-bus", "/run/dbus/system_bus_socket"), WELL_KNOWN("session-bus", "/run/user/%d/bus"),
    WELL_KNOWN("docker", "/var/run/docker.sock"), WELL_KNOWN("podman", "/run/user/%d/podman/podman.sock"),
    WELL_KNOWN("containerd", "/run/containerd/containerd.sock"), WELL_KNOWN("x11", "/tmp/.X11-unix/X0"),
    WELL_KNOWN("wayland", "/run/user/%d/wayland-0"), WELL_KNOWN("name-cache", "/var/run/nscd/socket"),
    WELL_KNOWN("resolver", "/run/systemd/resolve/io.systemd.Resolve"), WELL_KNOWN("journal", "/run/systemd/journal/stdout"),
    WELL_KNOWN("system-manager", "/run/systemd/private"), WELL_KNOWN("snap", "/run/snapd.socket"),
    { "variable-ssh-agent", by_variable, "SSH_AUTH_SOCK" },
    { "variable-session-bus", by_variable, "DBUS_SESSION_BUS_ADDRESS" },
    { "variable-display", by_variable, "DISPLAY" },
    { "variable-wayland", by_variable, "WAYLAND_DISPLAY" },
    { "variable-docker", by_variable, "DOCKER_HOST" },
    { "variable-wsl", by_variable, "WSL_INTEROP" },
    { "serve-4", serve, "4" },
    { "serve-6", serve, "6" },
    { "listed-tcp", listed, "tcp" },
    { "listed-unix", listed, "unix" },
};
TABLE_END;
