// The wire of branding and portals, until it stands in schema.gen.ts.
export interface BrandingValues {
  productName?: string | null; logoUrl?: string | null; logoDarkUrl?: string | null; faviconUrl?: string | null; loginBgUrl?: string | null; loginBgDarkUrl?: string | null;
  primaryColor?: string | null; accentColor?: string | null; primaryColorDark?: string | null; accentColorDark?: string | null; fontFamily?: string | null; customCss?: string | null;
  fromEmail?: string | null; footerText?: string | null; supportUrl?: string | null;
}
export interface BrandImage { url: string; mediaType: string; width?: number | null; height?: number | null; bytes: number }
export interface BrandingWarning { field: string; code: string; message: string; suggestion?: string | null; line?: number | null; column?: number | null }
export interface DnsRecordView { name: string; type: string; value: string; seen?: string[] | null; ok: boolean }
export interface SenderView { fromEmail: string; verified: boolean; spf: string; dmarc: string; explanation: string; records: DnsRecordView[]; checkedAt?: string | null }
export interface BrandingView extends BrandingValues {
  overridden: string[]; inherited: BrandingValues; images: Record<string, BrandImage>; warnings: BrandingWarning[]; customCssApplied?: string | null; customCssVersion?: number | null;
  themeCss: string; sender?: SenderView | null; updatedAt?: string | null;
}
export type UpdateBranding = BrandingValues;
export interface FontView { family: string; source: string; fallback: string; files: string[] }
export interface CssVersionView { version: number; at: string; by: string; css: string; current: boolean }
export type InfrastructureVisibility = 'full' | 'limited' | 'none';
export interface PortalConfigValues {
  featureTerminal: boolean; featureFileEditor: boolean; featureOdooShell: boolean; featureMonitoring: boolean; featureBackups: boolean; featureDomains: boolean; featureLogs: boolean; featureDatabases: boolean;
  teamManagementEnabled: boolean; infrastructureVisibility: InfrastructureVisibility;
}
export interface PortalConfigView extends PortalConfigValues { overridden: string[]; inherited: PortalConfigValues; updatedAt?: string | null }
export type UpdatePortalConfig = { [Name in keyof PortalConfigValues]?: PortalConfigValues[Name] | null };
export interface PortalClient { name: string; slug: string; logoUrl?: string | null }
export interface PortalBrand {
  logoUrl?: string | null; logoDarkUrl?: string | null; faviconUrl?: string | null; loginBgUrl?: string | null; loginBgDarkUrl?: string | null;
  primaryColor: string; accentColor: string; primaryColorDark: string; accentColorDark: string; fontFamily: string; footerText?: string | null; supportUrl?: string | null; supportEmail?: string | null;
}
export interface PortalView {
  kind: string; state: string; message?: string | null; productName: string; client?: PortalClient | null; brand?: PortalBrand | null; stylesheets: string[]; customStylesheet?: string | null;
}
export interface ClientViewing { token: string; client: { id: string; name: string; slug?: string | null }; readOnly: boolean; expiresAt: string }
export interface UploadedImage { url: string }

export type DnsStatus = 'pending' | 'verified' | 'failed';
export type RoutingStatus = 'pending' | 'ok' | 'elsewhere' | 'unknown';
export type SslStatus = 'pending' | 'active' | 'expired' | 'error';
export interface CreatePortalDomain { subdomain?: string; customDomain?: string; clientId?: string; isBase?: boolean }
export interface DomainRecord { type: string; name: string; value: string; purpose: string; isAlternative: boolean; found: boolean; seen: string[] }
export interface PortalDomainView {
  id: string; subdomain?: string | null; customDomain?: string | null; host?: string | null; subdomainHost?: string | null; url?: string | null; client?: { id: string; name: string; slug?: string | null } | null; isBase: boolean;
  dnsVerificationToken: string; dnsVerified: boolean; dnsStatus: DnsStatus; sslStatus: SslStatus; isActive: boolean; enabled: boolean;
  ownership: { state: string; message: string; hint?: string | null; verifiedAt?: string | null; graceUntil?: string | null };
  routing: { status: RoutingStatus; message: string; seen: string[]; expected: string[] };
  certificate: { status: SslStatus; message: string; error?: string | null; issuer?: string | null; validFrom?: string | null; validUntil?: string | null; renewAt?: string | null; nextAttemptAt?: string | null };
  records: DomainRecord[]; lastCheckedAt?: string | null; nextCheckAt?: string | null; warnings: string[]; createdAt: string;
}
