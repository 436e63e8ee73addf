settings{ nodaemon = true, "insist" }
sync{
    default.direct,
    source = "/home/anna/Documents",
    target = "/media/usb/Documents",
    filter = {
        '- /private**',
        '+ /p**',
        '- /**',
    },
    exclude = '*.iso',
    batchSizeLimit = 30 * 1024 * 1024,
    crontab = { "0 30 3 * * *" },
    maxProcesses = 2,
    onMove = true,
}
sync{ default.direct, source = "photos", target = "backup/photos", rsync = { archive = true, cvs_exclude = true }, delay = 0 }
