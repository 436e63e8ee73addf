settings = {
   logfile = "/var/log/lsyncd.log",
   inotifyMode = "CloseWrite",
}
-- ƒ„∫√ (GBK)
sync{default.rsync,
   source = "/Êï∞ÊçÆ", target = "10.0.0.9::Â§á‰ªΩ", exclude = "\xe4\xb8\xb4*"}
