-- Sign-in deactivates who was deleted at the identity provider: the guard on `deactivated_at` asks whether an owner acts.
grant execute on function labsync.is_owner() to labsync_identity;
