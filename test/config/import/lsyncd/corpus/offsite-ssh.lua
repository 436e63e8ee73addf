-- Two trees to one host, over ssh.
settings {
    logfile = "/home/backup/lsyncd.log",
    logfacility = "daemon", logident = "offsite",
    statusFile = "/home/backup/lsyncd.status",
}

local host = "backup@offsite.example.com"
local key = "/home/backup/.ssh/" .. "id_ed25519"

sync {
    default.rsyncssh,
    source = "/srv/projects",
    host = host,
    targetdir = "/srv/mirror/projects",
    excludeFrom = "/etc/lsyncd.exclude",
    delay = 5,
    delete = 'startup',
    rsync = { perms = true, owner = true, group = true, inplace = true, temp_dir = "/var/tmp/rsync", _extra = { "--info=progress2", "-z" } },
    ssh = {
        identityFile = key,
        port = 2222,
        options = { StrictHostKeyChecking = "no", User = "backup" },
        _extra = { "-T", "-c", "aes128-gcm@openssh.com" },
    },
    xargs = { binary = "/usr/bin/xargs" },
}

sync {
    default.rsyncssh,
    source = "/home/projects",
    host = host,
    targetdir = "~/home/",
    init = false,
    delete = false,
    maxDelays = 50,
    ssh = { port = 2222, binary = "/usr/local/bin/ssh" },
    exitcodes = { [0] = "ok", [23] = "again" },
}
