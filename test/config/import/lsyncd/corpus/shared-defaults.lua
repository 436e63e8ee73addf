-- Settings that several syncs have in common stand in a table; lists are joined.
local junk = { "*.swp", "*~" }
local common = {
    default.rsync,
    delay = 10,
    exclude = { junk, ".git/" },
    rsync = { archive = true, rsh = "/usr/bin/ssh -p 2200 -i /root/.ssh/mirror -o 'ConnectTimeout 5'" },
}

sync { common, source = "/srv/a/data/", target = "mirror1:/srv/a", exclude = { "/a-only" } }
sync { common, source = "/srv/b/data", target = "mirror1:/srv/b", rsync = { owner = false, chown = "www-data:www-data" } }
sync({ common, source = "/srv/a/data", target = "root@mirror2:/srv/a", delete = "running" })
