----
-- /etc/lsyncd/lsyncd.conf.lua on the publishing host: one tree to three web servers, each with an
-- rsync daemon.
--
settings {
    logfile        = "/var/log/lsyncd/lsyncd.log",
    statusFile     = "/var/log/lsyncd/lsyncd.status",
    pidfile        = "/var/run/lsyncd.pid",
    inotifyMode    = "CloseWrite or Modify",
    statusInterval = 20,
    maxProcesses   = 8,
    nodaemon       = false,
    insist         = true,
}

servers = {
    "rsync@172.16.1.41::backup",
    "rsync@172.16.1.42::backup",
    "rsync@172.16.1.43::backup/www",
}

for _, server in ipairs(servers) do
    sync {
        default.rsync,
        source = "/data/www",
        target = server,
        delete = true,
        delay = 1,
        exclude = { ".*", "*.tmp", "/logs/", "cache/**" },
        rsync = {
            binary = "/usr/bin/rsync",
            archive = true,
            compress = true,
            verbose = true,
            bwlimit = 2000,
            password_file = "/etc/rsync.password",
            _extra = { "--omit-dir-times", "--timeout=30" },
        },
    }
end
