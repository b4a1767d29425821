-- Who is behind several keys at once, in one plan: a function that is called for each of them plans and starts three queries for each.

CREATE FUNCTION find_api_keys(hashes bytea[])
RETURNS TABLE (n bigint, id uuid, scopes text[], org uuid, actor uuid, actor_kind text, actor_name text, person uuid, actor_groups text[],
  roles json, access_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT h.n, k.id, k.scopes, f.*
    FROM unnest(hashes) WITH ORDINALITY h (hash, n) JOIN api_keys k ON k.hash = h.hash, actor_facts(k.actor) f
   WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
$$;
REVOKE ALL ON FUNCTION find_api_keys(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_keys(bytea[]) TO gantry_api;
DROP FUNCTION find_api_key(bytea);
