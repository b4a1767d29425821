/** Policies that tables with an organization must have, those of later migrations too. Run by the tables' owner. */
export const coverTenantTables = "SELECT cover_tenant_tables()";
