/// What can be set, for `labsync serve --help`.
enum SettingsHelp {
    static let text = """
        Settings come from flags, then the environment, then a .env file in the current folder:

        LABSYNC_DATA          folder of the embedded database, files and keys (data)
        DATABASE_URL          a PostgreSQL of your own instead of the embedded one
        LABSYNC_HOST          address to listen on (127.0.0.1)
        LABSYNC_PORT          port to listen on (8080)
        LABSYNC_WORKERS       index workers in the server (1)
        LABSYNC_MODEL_DIR     folder of all-MiniLM-L6-v2 (model)
        EMBEDDER              a new index's model: minilm in process, or openai for OPENAI_BASE_URL (minilm)
        LABSYNC_EMBEDDING_MODEL  the remote embedder's name (text-embedding-3-small)
        LABSYNC_EMBEDDING_DIMENSION  numbers in its vectors (1536)
        LABSYNC_INDEX         memory, or pgvector: PostgreSQL compares vectors, by its extension pgvector (memory)
        OPENAI_API_KEY        key of a language model; without one answers are quotations
        OPENAI_BASE_URL       its OpenAI-compatible address (https://api.openai.com/v1)
        LABSYNC_MODEL         its name (gpt-4o-mini)
        LABSYNC_MODEL_TIMEOUT seconds that a reply may take (60)
        LABSYNC_TOKENS_PER_USER  tokens of the model that a member may spend a day, 0: no limit (200000)
        LABSYNC_TOKENS_PER_LAB   and the whole lab (2000000)
        LABSYNC_WEEK_START    the day that "this week" begins with (monday)
        LABSYNC_TIMEZONE      zone of questions that do not say theirs (UTC)
        LABSYNC_TOKEN         token for `labsync repl --server`
        LABSYNC_ISSUER        the iss claim of tokens (labsync)
        LABSYNC_SIGN_UP       invite or open: may anyone who reaches the server join (invite)
        LABSYNC_RATE_LIMIT    requests a minute for each user or address; 0 is no limit (6000)
        LABSYNC_TRUSTED_PROXIES  addresses or networks whose X-Forwarded-For is believed, separated by commas
        LABSYNC_LARGEST_FILE  bytes that one file may have (2147483648)
        LABSYNC_REALTIME_SOCKETS  websockets of the server (10000)
        LABSYNC_REALTIME_SOCKETS_PER_USER  and of each member (200)
        LABSYNC_REALTIME_CHANNELS  channels of each websocket (100)
        LABSYNC_REALTIME_MESSAGES  messages a second that each may send (100)
        LABSYNC_REALTIME_BACKLOG  bytes that may wait for one that does not read, before it is closed (262144)
        LABSYNC_QUOTA_PER_USER  bytes that a member's files may take, versions included; 0 is no limit (53687091200)
        LABSYNC_QUOTA_PER_LAB   and the lab's (0)
        LABSYNC_ALLOWED_TYPES   types of files that are taken, as image/*,application/pdf; empty: the usual ones of a lab
        LABSYNC_CLAMD         ClamAV's daemon, as /run/clamav/clamd.ctl or host:port: files are taken only when it finds
                              nothing in them, none while it does not answer, none larger than its StreamMaxLength
        LABSYNC_ENCRYPTION    yes or no: files in the data folder are encrypted (yes)
        LABSYNC_S3_BUCKET     a bucket of S3 to keep files in instead of the data folder
        LABSYNC_S3_ENDPOINT   its address, without the bucket (https://s3.REGION.amazonaws.com)
        LABSYNC_S3_REGION     its region (us-east-1)
        LABSYNC_S3_PREFIX     before all keys, such as labsync/
        LABSYNC_S3_DIRECT     yes: bytes go past the server, by addresses of the bucket's own; those of downloads cannot be
                              ended before they expire (no)
        AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY  the bucket's keys
        CLERK_ISSUER          address of a Clerk instance whose session tokens are accepted too
        CLERK_WEBHOOK_SECRET  whsec_…, to hear of its users at /api/auth/webhook
        LABSYNC_AUTHORIZED_PARTIES  origins that Clerk's tokens must name, separated by commas
        LABSYNC_ALLOWED_ORIGINS  pages that may use the session cookie, separated by commas
        LABSYNC_LOG_LEVEL     trace, debug, info, notice, warning, error or critical (notice)
        """
}
