// The flags of a self-hosted server, for each help text that lists them.

export const SERVE_FLAGS = `    --port 8787          the port; 0 for a free one
    --ip 127.0.0.1       the address; 0.0.0.0 for all
    --state ./restante   the folder of all state; mailboxes/ in it has what a backup needs
    --var NAME:VALUE     a variable of docs/VARIABLES.md; may be repeated
    --env NAME           a variable taken from the environment: for secrets, which others could read on a command line
    --env-all            every variable of docs/VARIABLES.md that the environment has
    --env-file FILE      variables as NAME=value, one a line; may be repeated
    --behind-proxy       a proxy in front sets X-Forwarded-For and X-Forwarded-Proto, and nothing else reaches the port
    --min-free MB        while less is free on the disk, every request gets 503; by default 64, or 5 % of a smaller disk
    --drain 8            seconds that connected clients get to leave after SIGTERM; a second signal ends at once
    --check              checks flags and variables, and starts nothing`;

export const BACKUP_HELP = `    --state ./restante   the folder of all state, whose server may run
    --keep N             removes all backups but the newest N when this one is done; without it all are kept`;

export const RESTORE_HELP = `    --state ./restante   the state folder to restore into; its server must not run, and it must have no mailboxes
    --at TIME            a backup by its name in DIR/backups; without it the newest
    --check              checks every file of the backup, and restores nothing`;
