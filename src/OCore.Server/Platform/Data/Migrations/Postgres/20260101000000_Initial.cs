using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace OCore.Platform.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "AcmeAccounts",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Directory = table.Column<string>(type: "text", nullable: false),
                    KeySealed = table.Column<string>(type: "text", nullable: false),
                    Url = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AcmeAccounts", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "AcmeAttempts",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Host = table.Column<string>(type: "text", nullable: false),
                    Registered = table.Column<string>(type: "text", nullable: false),
                    At = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Succeeded = table.Column<bool>(type: "boolean", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AcmeAttempts", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "AcmeChallenges",
                columns: table => new
                {
                    Token = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Host = table.Column<string>(type: "text", nullable: false),
                    Answer = table.Column<string>(type: "text", nullable: false),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AcmeChallenges", x => x.Token);
                });

            migrationBuilder.CreateTable(
                name: "AuditLog",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    At = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Action = table.Column<string>(type: "character varying(80)", maxLength: 80, nullable: false),
                    ActorId = table.Column<Guid>(type: "uuid", nullable: true),
                    Actor = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    OnBehalfOf = table.Column<Guid>(type: "uuid", nullable: true),
                    ApiKeyId = table.Column<Guid>(type: "uuid", nullable: true),
                    OperationId = table.Column<Guid>(type: "uuid", nullable: true),
                    ObjectType = table.Column<string>(type: "text", nullable: true),
                    ObjectId = table.Column<string>(type: "text", nullable: true),
                    ObjectName = table.Column<string>(type: "text", nullable: true),
                    Ip = table.Column<string>(type: "text", nullable: true),
                    UserAgent = table.Column<string>(type: "text", nullable: true),
                    Changes = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditLog", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Certificates",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Host = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    Wanted = table.Column<bool>(type: "boolean", nullable: false),
                    Chain = table.Column<string>(type: "text", nullable: true),
                    KeySealed = table.Column<string>(type: "text", nullable: true),
                    Issuer = table.Column<string>(type: "text", nullable: true),
                    SerialNumber = table.Column<string>(type: "text", nullable: true),
                    ValidFrom = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ValidUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    RenewAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    WarnedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    OrderUrl = table.Column<string>(type: "text", nullable: true),
                    OrderKeySealed = table.Column<string>(type: "text", nullable: true),
                    Failures = table.Column<int>(type: "integer", nullable: false),
                    ErrorCode = table.Column<string>(type: "text", nullable: true),
                    Error = table.Column<string>(type: "text", nullable: true),
                    NextAttemptAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LeaseUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LeaseOwner = table.Column<string>(type: "text", nullable: true),
                    ChangedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Certificates", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "MetricCursors",
                columns: table => new
                {
                    Resolution = table.Column<int>(type: "integer", nullable: false),
                    Until = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MetricCursors", x => x.Resolution);
                });

            migrationBuilder.CreateTable(
                name: "OutgoingMail",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    To = table.Column<string>(type: "character varying(254)", maxLength: 254, nullable: false),
                    AboutId = table.Column<Guid>(type: "uuid", nullable: true),
                    ContentSealed = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    NextAttemptAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    SentAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OutgoingMail", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Plans",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Slug = table.Column<string>(type: "text", nullable: false),
                    Features = table.Column<string>(type: "text", nullable: false),
                    Limits = table.Column<string>(type: "text", nullable: false),
                    IsDefault = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Plans", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "RateCounts",
                columns: table => new
                {
                    Limit = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    Key = table.Column<byte[]>(type: "bytea", nullable: false),
                    Times = table.Column<long[]>(type: "bigint[]", nullable: false),
                    Until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RateCounts", x => new { x.Limit, x.Key });
                });

            migrationBuilder.CreateTable(
                name: "Users",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    IsOperator = table.Column<bool>(type: "boolean", nullable: false),
                    MustChangePassword = table.Column<bool>(type: "boolean", nullable: false),
                    Language = table.Column<string>(type: "character varying(8)", maxLength: 8, nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    DisabledAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    TotpSecret = table.Column<string>(type: "text", nullable: true),
                    TotpLastStep = table.Column<long>(type: "bigint", nullable: false),
                    RecoveryCodeHashes = table.Column<string>(type: "text", nullable: false),
                    PasswordHash = table.Column<string>(type: "text", nullable: true),
                    SecurityStamp = table.Column<string>(type: "text", nullable: true),
                    ConcurrencyStamp = table.Column<string>(type: "text", nullable: true),
                    NormalizedEmail = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    UserName = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    NormalizedUserName = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    AccessFailedCount = table.Column<int>(type: "integer", nullable: false),
                    Email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    EmailConfirmed = table.Column<bool>(type: "boolean", nullable: false),
                    PhoneNumber = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    PhoneNumberConfirmed = table.Column<bool>(type: "boolean", nullable: false),
                    TwoFactorEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    LockoutEnd = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LockoutEnabled = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Users", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "WebhookCursors",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    LastEvent = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_WebhookCursors", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Organizations",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Slug = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    Kind = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    PlanId = table.Column<Guid>(type: "uuid", nullable: false),
                    LogoUrl = table.Column<string>(type: "text", nullable: true),
                    LogoImage = table.Column<string>(type: "text", nullable: true),
                    AgencyEnabledAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SuspendedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SuspendedReason = table.Column<string>(type: "text", nullable: true),
                    DeletingAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Organizations", x => x.Id);
                    table.UniqueConstraint("AK_Organizations_RootId_Id", x => new { x.RootId, x.Id });
                    table.ForeignKey(
                        name: "FK_Organizations_Plans_PlanId",
                        column: x => x.PlanId,
                        principalTable: "Plans",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "AspNetUserClaims",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    ClaimType = table.Column<string>(type: "text", nullable: true),
                    ClaimValue = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AspNetUserClaims", x => x.Id);
                    table.ForeignKey(
                        name: "FK_AspNetUserClaims_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "AspNetUserLogins",
                columns: table => new
                {
                    LoginProvider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    ProviderKey = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    ProviderDisplayName = table.Column<string>(type: "text", nullable: true),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AspNetUserLogins", x => new { x.LoginProvider, x.ProviderKey });
                    table.ForeignKey(
                        name: "FK_AspNetUserLogins_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "AspNetUserPasskeys",
                columns: table => new
                {
                    CredentialId = table.Column<byte[]>(type: "bytea", maxLength: 1024, nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    Data = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AspNetUserPasskeys", x => x.CredentialId);
                    table.ForeignKey(
                        name: "FK_AspNetUserPasskeys_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "AspNetUserTokens",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    LoginProvider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    Value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AspNetUserTokens", x => new { x.UserId, x.LoginProvider, x.Name });
                    table.ForeignKey(
                        name: "FK_AspNetUserTokens_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "PasskeyChallenges",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    ChallengeHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    Purpose = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: true),
                    State = table.Column<string>(type: "text", nullable: false),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PasskeyChallenges", x => x.Id);
                    table.ForeignKey(
                        name: "FK_PasskeyChallenges_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "PasswordResets",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    TokenHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PasswordResets", x => x.Id);
                    table.ForeignKey(
                        name: "FK_PasswordResets_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Sessions",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    AccessHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    AccessExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    RefreshHash = table.Column<byte[]>(type: "bytea", nullable: true),
                    RefreshFamily = table.Column<byte[]>(type: "bytea", nullable: true),
                    CookieHash = table.Column<byte[]>(type: "bytea", nullable: true),
                    CookieIdleUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    LastSeenAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Ip = table.Column<string>(type: "text", nullable: true),
                    UserAgent = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Sessions", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Sessions_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "AlertRules",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Subject = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    SubjectId = table.Column<Guid>(type: "uuid", nullable: true),
                    Metric = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    Above = table.Column<bool>(type: "boolean", nullable: false),
                    Threshold = table.Column<double>(type: "double precision", nullable: false),
                    ForSeconds = table.Column<int>(type: "integer", nullable: false),
                    Emails = table.Column<string>(type: "text", nullable: false),
                    IsActive = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AlertRules", x => x.Id);
                    table.UniqueConstraint("AK_AlertRules_OrgId_Id", x => new { x.OrgId, x.Id });
                    table.ForeignKey(
                        name: "FK_AlertRules_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "ApiKeys",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Prefix = table.Column<string>(type: "text", nullable: false),
                    Hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    Scopes = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    LastUsedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApiKeys", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ApiKeys_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_ApiKeys_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "BackupKeys",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Fingerprint = table.Column<string>(type: "text", nullable: false),
                    KeySealed = table.Column<string>(type: "text", nullable: false),
                    IsForeign = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    HandedOutAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BackupKeys", x => x.Id);
                    table.ForeignKey(
                        name: "FK_BackupKeys_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "BackupSchedules",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    InstanceId = table.Column<Guid>(type: "uuid", nullable: false),
                    InstanceName = table.Column<string>(type: "text", nullable: false),
                    Enabled = table.Column<bool>(type: "boolean", nullable: false),
                    Cron = table.Column<string>(type: "text", nullable: false),
                    TimeZone = table.Column<string>(type: "text", nullable: false),
                    TargetId = table.Column<Guid>(type: "uuid", nullable: true),
                    TargetChosen = table.Column<bool>(type: "boolean", nullable: false),
                    Copies = table.Column<bool>(type: "boolean", nullable: false),
                    CopyTargetId = table.Column<Guid>(type: "uuid", nullable: true),
                    KeepDaily = table.Column<int>(type: "integer", nullable: false),
                    KeepWeekly = table.Column<int>(type: "integer", nullable: false),
                    KeepMonthly = table.Column<int>(type: "integer", nullable: false),
                    Verify = table.Column<bool>(type: "boolean", nullable: false),
                    AlarmAfterHours = table.Column<int>(type: "integer", nullable: false),
                    ReportEvery = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: true),
                    ReportTo = table.Column<string>(type: "text", nullable: false),
                    ReportAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LastAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Missed = table.Column<int>(type: "integer", nullable: false),
                    AlarmedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ChangedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BackupSchedules", x => x.Id);
                    table.ForeignKey(
                        name: "FK_BackupSchedules_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "BackupTargets",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Endpoint = table.Column<string>(type: "text", nullable: false),
                    Region = table.Column<string>(type: "text", nullable: true),
                    Bucket = table.Column<string>(type: "text", nullable: false),
                    Prefix = table.Column<string>(type: "text", nullable: false),
                    AccessKey = table.Column<string>(type: "text", nullable: false),
                    SecretKeySealed = table.Column<string>(type: "text", nullable: false),
                    IsDefault = table.Column<bool>(type: "boolean", nullable: false),
                    AppendOnly = table.Column<bool>(type: "boolean", nullable: false),
                    TestedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    TestError = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BackupTargets", x => x.Id);
                    table.ForeignKey(
                        name: "FK_BackupTargets_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Backups",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    InstanceId = table.Column<Guid>(type: "uuid", nullable: true),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: true),
                    InstanceName = table.Column<string>(type: "text", nullable: false),
                    Database = table.Column<string>(type: "text", nullable: true),
                    TargetId = table.Column<Guid>(type: "uuid", nullable: true),
                    Reason = table.Column<string>(type: "text", nullable: false),
                    Note = table.Column<string>(type: "text", nullable: true),
                    OdooVersion = table.Column<string>(type: "text", nullable: false),
                    OdooEdition = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    FaultCode = table.Column<string>(type: "text", nullable: true),
                    Fault = table.Column<string>(type: "text", nullable: true),
                    Manifest = table.Column<string>(type: "text", nullable: true),
                    Bytes = table.Column<long>(type: "bigint", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    TakenAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    CheckedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    VerifiedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    VerifySeconds = table.Column<double>(type: "double precision", nullable: true),
                    TakeSeconds = table.Column<double>(type: "double precision", nullable: true),
                    KeyId = table.Column<string>(type: "text", nullable: true),
                    CopyOf = table.Column<Guid>(type: "uuid", nullable: true),
                    StoredIn = table.Column<string>(type: "text", nullable: true),
                    Oddities = table.Column<string>(type: "text", nullable: false),
                    OddAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    OddToldAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    KeepUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Backups", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Backups_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "BrandAssets",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    Extension = table.Column<string>(type: "character varying(8)", maxLength: 8, nullable: false),
                    MediaType = table.Column<string>(type: "text", nullable: false),
                    Content = table.Column<byte[]>(type: "bytea", nullable: false),
                    Width = table.Column<int>(type: "integer", nullable: true),
                    Height = table.Column<int>(type: "integer", nullable: true),
                    FontFamily = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BrandAssets", x => x.Id);
                    table.ForeignKey(
                        name: "FK_BrandAssets_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "BrandCssVersions",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<int>(type: "integer", nullable: false),
                    Css = table.Column<string>(type: "text", nullable: false),
                    By = table.Column<string>(type: "text", nullable: false),
                    At = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BrandCssVersions", x => x.Id);
                    table.ForeignKey(
                        name: "FK_BrandCssVersions_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Brandings",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    ProductName = table.Column<string>(type: "text", nullable: true),
                    LogoUrl = table.Column<string>(type: "text", nullable: true),
                    LogoDarkUrl = table.Column<string>(type: "text", nullable: true),
                    FaviconUrl = table.Column<string>(type: "text", nullable: true),
                    LoginBgUrl = table.Column<string>(type: "text", nullable: true),
                    LoginBgDarkUrl = table.Column<string>(type: "text", nullable: true),
                    PrimaryColor = table.Column<string>(type: "text", nullable: true),
                    AccentColor = table.Column<string>(type: "text", nullable: true),
                    PrimaryColorDark = table.Column<string>(type: "text", nullable: true),
                    AccentColorDark = table.Column<string>(type: "text", nullable: true),
                    FontFamily = table.Column<string>(type: "text", nullable: true),
                    CustomCss = table.Column<string>(type: "text", nullable: true),
                    FromEmail = table.Column<string>(type: "text", nullable: true),
                    FooterText = table.Column<string>(type: "text", nullable: true),
                    SupportUrl = table.Column<string>(type: "text", nullable: true),
                    Images = table.Column<string>(type: "text", nullable: false),
                    CustomCssApplied = table.Column<string>(type: "text", nullable: true),
                    CustomCssVersion = table.Column<int>(type: "integer", nullable: true),
                    Sender = table.Column<string>(type: "text", nullable: true),
                    SenderLookAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    UpdatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Brandings", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Brandings_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "DomainTombstones",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Host = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false),
                    Until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    LedTo = table.Column<string>(type: "text", nullable: false),
                    LookAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    DanglingAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ToldAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DomainTombstones", x => x.Id);
                    table.ForeignKey(
                        name: "FK_DomainTombstones_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "EnterpriseSources",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    GitUrl = table.Column<string>(type: "text", nullable: true),
                    TokenSealed = table.Column<string>(type: "text", nullable: true),
                    PrivateKeySealed = table.Column<string>(type: "text", nullable: true),
                    Archives = table.Column<string>(type: "text", nullable: false),
                    UpdatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_EnterpriseSources", x => x.Id);
                    table.ForeignKey(
                        name: "FK_EnterpriseSources_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "MetricSamples",
                columns: table => new
                {
                    SubjectId = table.Column<Guid>(type: "uuid", nullable: false),
                    Resolution = table.Column<int>(type: "integer", nullable: false),
                    At = table.Column<long>(type: "bigint", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Cpu = table.Column<double>(type: "double precision", nullable: true),
                    Memory = table.Column<double>(type: "double precision", nullable: true),
                    MemoryPercent = table.Column<double>(type: "double precision", nullable: true),
                    Disk = table.Column<double>(type: "double precision", nullable: true),
                    DiskPercent = table.Column<double>(type: "double precision", nullable: true),
                    Load = table.Column<double>(type: "double precision", nullable: true),
                    NetworkIn = table.Column<double>(type: "double precision", nullable: true),
                    NetworkOut = table.Column<double>(type: "double precision", nullable: true),
                    Health = table.Column<double>(type: "double precision", nullable: true),
                    Latency = table.Column<double>(type: "double precision", nullable: true),
                    Restarts = table.Column<double>(type: "double precision", nullable: true),
                    Connections = table.Column<double>(type: "double precision", nullable: true),
                    Database = table.Column<double>(type: "double precision", nullable: true),
                    Filestore = table.Column<double>(type: "double precision", nullable: true),
                    Uptime = table.Column<double>(type: "double precision", nullable: true),
                    CertificateDays = table.Column<double>(type: "double precision", nullable: true),
                    BackupAge = table.Column<double>(type: "double precision", nullable: true),
                    Drift = table.Column<double>(type: "double precision", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MetricSamples", x => new { x.SubjectId, x.Resolution, x.At });
                    table.ForeignKey(
                        name: "FK_MetricSamples_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Operations",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Kind = table.Column<string>(type: "text", nullable: false),
                    Version = table.Column<int>(type: "integer", nullable: false),
                    Title = table.Column<string>(type: "text", nullable: false),
                    InputSealed = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    CancelRequested = table.Column<bool>(type: "boolean", nullable: false),
                    Unwinds = table.Column<bool>(type: "boolean", nullable: false),
                    InstanceId = table.Column<Guid>(type: "uuid", nullable: true),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: true),
                    ClientId = table.Column<Guid>(type: "uuid", nullable: true),
                    TemplateId = table.Column<Guid>(type: "uuid", nullable: true),
                    TopologyId = table.Column<Guid>(type: "uuid", nullable: true),
                    ActorId = table.Column<Guid>(type: "uuid", nullable: true),
                    Actor = table.Column<string>(type: "text", nullable: false),
                    ActorOrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    ActorDelegated = table.Column<bool>(type: "boolean", nullable: false),
                    IdempotencyKey = table.Column<string>(type: "text", nullable: true),
                    RequestHash = table.Column<string>(type: "text", nullable: true),
                    Owner = table.Column<string>(type: "text", nullable: true),
                    LeaseUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    PastLives = table.Column<string>(type: "text", nullable: false),
                    Fence = table.Column<long>(type: "bigint", nullable: false),
                    RetryAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ErrorCode = table.Column<string>(type: "text", nullable: true),
                    ErrorMessage = table.Column<string>(type: "text", nullable: true),
                    ErrorHint = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    StartedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    FinishedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ResolvedBy = table.Column<string>(type: "text", nullable: true),
                    ResolvedReason = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Operations", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Operations_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "PortalConfigs",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    FeatureTerminal = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureFileEditor = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureOdooShell = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureMonitoring = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureBackups = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureDomains = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureLogs = table.Column<bool>(type: "boolean", nullable: true),
                    FeatureDatabases = table.Column<bool>(type: "boolean", nullable: true),
                    TeamManagementEnabled = table.Column<bool>(type: "boolean", nullable: true),
                    InfrastructureVisibility = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: true),
                    UpdatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PortalConfigs", x => x.Id);
                    table.ForeignKey(
                        name: "FK_PortalConfigs_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "PortalDomains",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    ClientId = table.Column<Guid>(type: "uuid", nullable: true),
                    Subdomain = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: true),
                    SubdomainHost = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: true),
                    IsBase = table.Column<bool>(type: "boolean", nullable: false),
                    Enabled = table.Column<bool>(type: "boolean", nullable: false),
                    OrphanedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SubdomainRouting = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    CustomHost = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: true),
                    CustomDisplay = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    Token = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Warnings = table.Column<string>(type: "text", nullable: false),
                    Proof = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    VerifiedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ProofSeenAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    GraceUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LapsedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ContestedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Routing = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Sight = table.Column<string>(type: "text", nullable: false),
                    Looks = table.Column<int>(type: "integer", nullable: false),
                    LookedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextLookAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LookingUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ChangedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PortalDomains", x => x.Id);
                    table.ForeignKey(
                        name: "FK_PortalDomains_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_PortalDomains_Organizations_OrgId_ClientId",
                        columns: x => new { x.OrgId, x.ClientId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Roles",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Slug = table.Column<string>(type: "text", nullable: false),
                    Description = table.Column<string>(type: "text", nullable: true),
                    IsSystem = table.Column<bool>(type: "boolean", nullable: false),
                    Permissions = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Roles", x => x.Id);
                    table.UniqueConstraint("AK_Roles_OrgId_Id", x => new { x.OrgId, x.Id });
                    table.ForeignKey(
                        name: "FK_Roles_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Servers",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Host = table.Column<string>(type: "text", nullable: false),
                    Port = table.Column<int>(type: "integer", nullable: false),
                    User = table.Column<string>(type: "text", nullable: false),
                    IsLocal = table.Column<bool>(type: "boolean", nullable: false),
                    BaseDomain = table.Column<string>(type: "text", nullable: true),
                    EdgePort = table.Column<int>(type: "integer", nullable: false),
                    EdgeTlsPort = table.Column<int>(type: "integer", nullable: true),
                    EdgeProxies = table.Column<string>(type: "text", nullable: false),
                    EdgeHttps = table.Column<bool>(type: "boolean", nullable: false),
                    EdgeTakenBy = table.Column<Guid>(type: "uuid", nullable: true),
                    MachineId = table.Column<string>(type: "text", nullable: true),
                    Draining = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    HostKeyType = table.Column<string>(type: "text", nullable: true),
                    HostKeyFingerprint = table.Column<string>(type: "text", nullable: true),
                    HostKey = table.Column<string>(type: "text", nullable: true),
                    OfferedHostKeyType = table.Column<string>(type: "text", nullable: true),
                    OfferedHostKeyFingerprint = table.Column<string>(type: "text", nullable: true),
                    OfferedHostKey = table.Column<string>(type: "text", nullable: true),
                    PublicKey = table.Column<string>(type: "text", nullable: true),
                    PrivateKeySealed = table.Column<string>(type: "text", nullable: true),
                    FirstCredentialSealed = table.Column<string>(type: "text", nullable: true),
                    SudoPasswordSealed = table.Column<string>(type: "text", nullable: true),
                    PostgresPasswordSealed = table.Column<string>(type: "text", nullable: true),
                    Status = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    StatusMessage = table.Column<string>(type: "text", nullable: true),
                    Facts = table.Column<string>(type: "text", nullable: true),
                    Use = table.Column<string>(type: "text", nullable: true),
                    LastSeenAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Servers", x => x.Id);
                    table.UniqueConstraint("AK_Servers_RootId_Id", x => new { x.RootId, x.Id });
                    table.ForeignKey(
                        name: "FK_Servers_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Templates",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Description = table.Column<string>(type: "text", nullable: true),
                    OdooVersion = table.Column<string>(type: "text", nullable: false),
                    OdooEdition = table.Column<string>(type: "text", nullable: false),
                    DefaultWorkers = table.Column<int>(type: "integer", nullable: false),
                    DefaultEnvVars = table.Column<string>(type: "text", nullable: false),
                    ModuleList = table.Column<string>(type: "text", nullable: false),
                    IsPublic = table.Column<bool>(type: "boolean", nullable: false),
                    Image = table.Column<string>(type: "text", nullable: true),
                    Repositories = table.Column<string>(type: "text", nullable: false),
                    MemoryMb = table.Column<int>(type: "integer", nullable: true),
                    Cpus = table.Column<double>(type: "double precision", nullable: true),
                    Languages = table.Column<string>(type: "text", nullable: false),
                    DemoData = table.Column<bool>(type: "boolean", nullable: false),
                    Config = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Templates", x => x.Id);
                    table.UniqueConstraint("AK_Templates_RootId_Id", x => new { x.RootId, x.Id });
                    table.ForeignKey(
                        name: "FK_Templates_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Topologies",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Description = table.Column<string>(type: "text", nullable: true),
                    Drawing = table.Column<string>(type: "text", nullable: false),
                    DrawingDigest = table.Column<string>(type: "text", nullable: false),
                    LbType = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    LbServerId = table.Column<Guid>(type: "uuid", nullable: true),
                    FilestoreType = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    RedisEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    RedisServerId = table.Column<Guid>(type: "uuid", nullable: true),
                    PgFailoverEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    RepairDrift = table.Column<bool>(type: "boolean", nullable: false),
                    ServerIds = table.Column<string>(type: "text", nullable: false),
                    Version = table.Column<int>(type: "integer", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Topologies", x => x.Id);
                    table.UniqueConstraint("AK_Topologies_RootId_Id", x => new { x.RootId, x.Id });
                    table.ForeignKey(
                        name: "FK_Topologies_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "WebhookSeen",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Kind = table.Column<string>(type: "text", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Changes = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_WebhookSeen", x => x.Id);
                    table.ForeignKey(
                        name: "FK_WebhookSeen_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Webhooks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Url = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    Events = table.Column<string>(type: "text", nullable: false),
                    IsActive = table.Column<bool>(type: "boolean", nullable: false),
                    SecretSealed = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Webhooks", x => x.Id);
                    table.UniqueConstraint("AK_Webhooks_OrgId_Id", x => new { x.OrgId, x.Id });
                    table.ForeignKey(
                        name: "FK_Webhooks_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Alerts",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RuleId = table.Column<Guid>(type: "uuid", nullable: false),
                    SubjectId = table.Column<Guid>(type: "uuid", nullable: false),
                    SubjectName = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Value = table.Column<double>(type: "double precision", nullable: false),
                    Since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    RaisedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ClearedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Alerts", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Alerts_AlertRules_OrgId_RuleId",
                        columns: x => new { x.OrgId, x.RuleId },
                        principalTable: "AlertRules",
                        principalColumns: new[] { "OrgId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_Alerts_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "OperationEvents",
                columns: table => new
                {
                    Id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    OperationId = table.Column<Guid>(type: "uuid", nullable: false),
                    At = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Seq = table.Column<int>(type: "integer", nullable: true),
                    Kind = table.Column<string>(type: "text", nullable: false),
                    Message = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OperationEvents", x => x.Id);
                    table.ForeignKey(
                        name: "FK_OperationEvents_Operations_OperationId",
                        column: x => x.OperationId,
                        principalTable: "Operations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "OperationSteps",
                columns: table => new
                {
                    OperationId = table.Column<Guid>(type: "uuid", nullable: false),
                    Seq = table.Column<int>(type: "integer", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Attempt = table.Column<int>(type: "integer", nullable: false),
                    StartedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    FinishedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Error = table.Column<string>(type: "text", nullable: true),
                    SkipReason = table.Column<string>(type: "text", nullable: true),
                    UndoSkipped = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OperationSteps", x => new { x.OperationId, x.Seq });
                    table.ForeignKey(
                        name: "FK_OperationSteps_Operations_OperationId",
                        column: x => x.OperationId,
                        principalTable: "Operations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ResourceLocks",
                columns: table => new
                {
                    Key = table.Column<string>(type: "text", nullable: false),
                    OperationId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ResourceLocks", x => x.Key);
                    table.ForeignKey(
                        name: "FK_ResourceLocks_Operations_OperationId",
                        column: x => x.OperationId,
                        principalTable: "Operations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Invitations",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    Email = table.Column<string>(type: "text", nullable: false),
                    RoleId = table.Column<Guid>(type: "uuid", nullable: false),
                    InvitedById = table.Column<Guid>(type: "uuid", nullable: false),
                    InvitedBy = table.Column<string>(type: "text", nullable: false),
                    TokenHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ExpiresAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Invitations", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Invitations_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Invitations_Roles_OrgId_RoleId",
                        columns: x => new { x.OrgId, x.RoleId },
                        principalTable: "Roles",
                        principalColumns: new[] { "OrgId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Members",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    RoleId = table.Column<Guid>(type: "uuid", nullable: false),
                    JoinedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    LastSeenAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Members", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Members_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Members_Roles_OrgId_RoleId",
                        columns: x => new { x.OrgId, x.RoleId },
                        principalTable: "Roles",
                        principalColumns: new[] { "OrgId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Members_Users_UserId",
                        column: x => x.UserId,
                        principalTable: "Users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ServerGrants",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: false),
                    ClientId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ServerGrants", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ServerGrants_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_ServerGrants_Organizations_OrgId_ClientId",
                        columns: x => new { x.OrgId, x.ClientId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_ServerGrants_Servers_OrgId_ServerId",
                        columns: x => new { x.OrgId, x.ServerId },
                        principalTable: "Servers",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ServerSources",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: false),
                    Key = table.Column<string>(type: "text", nullable: false),
                    Origin = table.Column<string>(type: "text", nullable: false),
                    Commit = table.Column<string>(type: "text", nullable: false),
                    LastUsedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    UnusedSince = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ServerSources", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ServerSources_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_ServerSources_Servers_RootId_ServerId",
                        columns: x => new { x.RootId, x.ServerId },
                        principalTable: "Servers",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "TemplateCaches",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: false),
                    Key = table.Column<string>(type: "text", nullable: false),
                    Wish = table.Column<string>(type: "text", nullable: false),
                    Database = table.Column<string>(type: "text", nullable: false),
                    Image = table.Column<string>(type: "text", nullable: false),
                    Status = table.Column<string>(type: "text", nullable: false),
                    Error = table.Column<string>(type: "text", nullable: true),
                    ReadyAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LastUsedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    UnusedSince = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SizeBytes = table.Column<long>(type: "bigint", nullable: true),
                    Sources = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TemplateCaches", x => x.Id);
                    table.ForeignKey(
                        name: "FK_TemplateCaches_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TemplateCaches_Servers_RootId_ServerId",
                        columns: x => new { x.RootId, x.ServerId },
                        principalTable: "Servers",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Instances",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Slug = table.Column<string>(type: "text", nullable: false),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: false),
                    TemplateId = table.Column<Guid>(type: "uuid", nullable: true),
                    OdooVersion = table.Column<string>(type: "text", nullable: false),
                    OdooEdition = table.Column<string>(type: "text", nullable: false),
                    Image = table.Column<string>(type: "text", nullable: false),
                    Domain = table.Column<string>(type: "text", nullable: false),
                    Database = table.Column<string>(type: "text", nullable: false),
                    ReservedDatabase = table.Column<string>(type: "text", nullable: true),
                    Workers = table.Column<int>(type: "integer", nullable: false),
                    MemoryMb = table.Column<int>(type: "integer", nullable: false),
                    Cpus = table.Column<double>(type: "double precision", nullable: true),
                    EnvVars = table.Column<string>(type: "text", nullable: false),
                    Config = table.Column<string>(type: "text", nullable: false),
                    Modules = table.Column<string>(type: "text", nullable: false),
                    Languages = table.Column<string>(type: "text", nullable: false),
                    DemoData = table.Column<bool>(type: "boolean", nullable: false),
                    Repositories = table.Column<string>(type: "text", nullable: false),
                    Sources = table.Column<string>(type: "text", nullable: false),
                    RegistrationCodeSealed = table.Column<string>(type: "text", nullable: true),
                    DatabasePasswordSealed = table.Column<string>(type: "text", nullable: false),
                    MasterPasswordSealed = table.Column<string>(type: "text", nullable: false),
                    ConnectKeySealed = table.Column<string>(type: "text", nullable: false),
                    AdminPasswordSealed = table.Column<string>(type: "text", nullable: true),
                    TopologyId = table.Column<Guid>(type: "uuid", nullable: true),
                    ClusterSealed = table.Column<string>(type: "text", nullable: true),
                    PublicUrl = table.Column<string>(type: "text", nullable: true),
                    PrimaryHost = table.Column<string>(type: "text", nullable: true),
                    WantRunning = table.Column<bool>(type: "boolean", nullable: false),
                    AppliedSettings = table.Column<string>(type: "text", nullable: true),
                    AppliedKeys = table.Column<string>(type: "text", nullable: true),
                    Status = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    StatusMessage = table.Column<string>(type: "text", nullable: true),
                    Health = table.Column<string>(type: "text", nullable: false),
                    HealthAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Use = table.Column<string>(type: "text", nullable: true),
                    StartedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Instances", x => x.Id);
                    table.UniqueConstraint("AK_Instances_RootId_Id", x => new { x.RootId, x.Id });
                    table.ForeignKey(
                        name: "FK_Instances_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Instances_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Instances_Servers_RootId_ServerId",
                        columns: x => new { x.RootId, x.ServerId },
                        principalTable: "Servers",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Instances_Templates_RootId_TemplateId",
                        columns: x => new { x.RootId, x.TemplateId },
                        principalTable: "Templates",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "DeployedNodes",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    TopologyId = table.Column<Guid>(type: "uuid", nullable: false),
                    NodeId = table.Column<string>(type: "text", nullable: false),
                    Type = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Label = table.Column<string>(type: "text", nullable: false),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: true),
                    Container = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Message = table.Column<string>(type: "text", nullable: true),
                    Role = table.Column<string>(type: "text", nullable: true),
                    Figures = table.Column<string>(type: "text", nullable: false),
                    Drift = table.Column<string>(type: "text", nullable: false),
                    MeasuredAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DeployedNodes", x => x.Id);
                    table.ForeignKey(
                        name: "FK_DeployedNodes_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_DeployedNodes_Topologies_RootId_TopologyId",
                        columns: x => new { x.RootId, x.TopologyId },
                        principalTable: "Topologies",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "TopologyCredentials",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    TopologyId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    AccessKey = table.Column<string>(type: "text", nullable: false),
                    SecretKeySealed = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TopologyCredentials", x => x.Id);
                    table.ForeignKey(
                        name: "FK_TopologyCredentials_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TopologyCredentials_Topologies_RootId_TopologyId",
                        columns: x => new { x.RootId, x.TopologyId },
                        principalTable: "Topologies",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "TopologyDeployments",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    TopologyId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    InstanceId = table.Column<Guid>(type: "uuid", nullable: true),
                    Status = table.Column<string>(type: "text", nullable: false),
                    Generation = table.Column<int>(type: "integer", nullable: false),
                    PlanHash = table.Column<string>(type: "text", nullable: false),
                    DrawingDigest = table.Column<string>(type: "text", nullable: false),
                    Layout = table.Column<string>(type: "text", nullable: false),
                    Before = table.Column<string>(type: "text", nullable: true),
                    SecretsSealed = table.Column<string>(type: "text", nullable: false),
                    DeployedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TopologyDeployments", x => x.Id);
                    table.ForeignKey(
                        name: "FK_TopologyDeployments_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TopologyDeployments_Topologies_RootId_TopologyId",
                        columns: x => new { x.RootId, x.TopologyId },
                        principalTable: "Topologies",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "TopologyPlans",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    TopologyId = table.Column<Guid>(type: "uuid", nullable: false),
                    Hash = table.Column<string>(type: "text", nullable: false),
                    Request = table.Column<string>(type: "text", nullable: false),
                    View = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TopologyPlans", x => x.Id);
                    table.ForeignKey(
                        name: "FK_TopologyPlans_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TopologyPlans_Topologies_RootId_TopologyId",
                        columns: x => new { x.RootId, x.TopologyId },
                        principalTable: "Topologies",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "WebhookDeliveries",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    WebhookId = table.Column<Guid>(type: "uuid", nullable: false),
                    Key = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Event = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Body = table.Column<string>(type: "text", nullable: false),
                    ReplayOf = table.Column<Guid>(type: "uuid", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    NextAttemptAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    DeliveredAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    ResponseStatus = table.Column<int>(type: "integer", nullable: true),
                    Error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_WebhookDeliveries", x => x.Id);
                    table.ForeignKey(
                        name: "FK_WebhookDeliveries_Organizations_OrgId",
                        column: x => x.OrgId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_WebhookDeliveries_Webhooks_OrgId_WebhookId",
                        columns: x => new { x.OrgId, x.WebhookId },
                        principalTable: "Webhooks",
                        principalColumns: new[] { "OrgId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "InstanceDatabases",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    InstanceId = table.Column<Guid>(type: "uuid", nullable: false),
                    ServerId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    ReservedName = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: true),
                    Status = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Bytes = table.Column<long>(type: "bigint", nullable: true),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_InstanceDatabases", x => x.Id);
                    table.ForeignKey(
                        name: "FK_InstanceDatabases_Instances_RootId_InstanceId",
                        columns: x => new { x.RootId, x.InstanceId },
                        principalTable: "Instances",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_InstanceDatabases_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "InstanceDomains",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    RootId = table.Column<Guid>(type: "uuid", nullable: false),
                    InstanceId = table.Column<Guid>(type: "uuid", nullable: false),
                    CustomHost = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: true),
                    CustomDisplay = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    Token = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Warnings = table.Column<string>(type: "text", nullable: false),
                    Proof = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    VerifiedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ProofSeenAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    GraceUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LapsedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ContestedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Routing = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Sight = table.Column<string>(type: "text", nullable: false),
                    Looks = table.Column<int>(type: "integer", nullable: false),
                    LookedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextLookAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LookingUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ChangedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    OrgId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_InstanceDomains", x => x.Id);
                    table.ForeignKey(
                        name: "FK_InstanceDomains_Instances_RootId_InstanceId",
                        columns: x => new { x.RootId, x.InstanceId },
                        principalTable: "Instances",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_InstanceDomains_Organizations_RootId_OrgId",
                        columns: x => new { x.RootId, x.OrgId },
                        principalTable: "Organizations",
                        principalColumns: new[] { "RootId", "Id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "IX_AcmeAccounts_Directory",
                table: "AcmeAccounts",
                column: "Directory",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_AcmeAttempts_At",
                table: "AcmeAttempts",
                column: "At");

            migrationBuilder.CreateIndex(
                name: "IX_AcmeChallenges_ExpiresAt",
                table: "AcmeChallenges",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_AlertRules_OrgId",
                table: "AlertRules",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Alerts_ClearedAt",
                table: "Alerts",
                column: "ClearedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Alerts_OrgId",
                table: "Alerts",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Alerts_OrgId_RuleId",
                table: "Alerts",
                columns: new[] { "OrgId", "RuleId" });

            migrationBuilder.CreateIndex(
                name: "IX_Alerts_RuleId_SubjectId",
                table: "Alerts",
                columns: new[] { "RuleId", "SubjectId" },
                unique: true,
                filter: "\"ClearedAt\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_Hash",
                table: "ApiKeys",
                column: "Hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_OrgId",
                table: "ApiKeys",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_UserId",
                table: "ApiKeys",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_AspNetUserClaims_UserId",
                table: "AspNetUserClaims",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_AspNetUserLogins_UserId",
                table: "AspNetUserLogins",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_AspNetUserPasskeys_UserId",
                table: "AspNetUserPasskeys",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_OrgId_Id",
                table: "AuditLog",
                columns: new[] { "OrgId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_RootId_Id",
                table: "AuditLog",
                columns: new[] { "RootId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_BackupKeys_OrgId",
                table: "BackupKeys",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_BackupKeys_OrgId_Fingerprint",
                table: "BackupKeys",
                columns: new[] { "OrgId", "Fingerprint" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_BackupKeys_RootId_OrgId",
                table: "BackupKeys",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_BackupSchedules_InstanceId",
                table: "BackupSchedules",
                column: "InstanceId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_BackupSchedules_NextAt",
                table: "BackupSchedules",
                column: "NextAt");

            migrationBuilder.CreateIndex(
                name: "IX_BackupSchedules_OrgId",
                table: "BackupSchedules",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_BackupSchedules_RootId_OrgId",
                table: "BackupSchedules",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_BackupTargets_OrgId",
                table: "BackupTargets",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_BackupTargets_OrgId_Name",
                table: "BackupTargets",
                columns: new[] { "OrgId", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_BackupTargets_RootId_OrgId",
                table: "BackupTargets",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Backups_CopyOf",
                table: "Backups",
                column: "CopyOf");

            migrationBuilder.CreateIndex(
                name: "IX_Backups_InstanceId",
                table: "Backups",
                column: "InstanceId");

            migrationBuilder.CreateIndex(
                name: "IX_Backups_OrgId",
                table: "Backups",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Backups_RootId_OrgId",
                table: "Backups",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Backups_TargetId",
                table: "Backups",
                column: "TargetId");

            migrationBuilder.CreateIndex(
                name: "IX_BrandAssets_Hash",
                table: "BrandAssets",
                column: "Hash");

            migrationBuilder.CreateIndex(
                name: "IX_BrandAssets_OrgId",
                table: "BrandAssets",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_BrandAssets_OrgId_Hash",
                table: "BrandAssets",
                columns: new[] { "OrgId", "Hash" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_BrandAssets_RootId_OrgId",
                table: "BrandAssets",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_BrandCssVersions_OrgId",
                table: "BrandCssVersions",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_BrandCssVersions_OrgId_Version",
                table: "BrandCssVersions",
                columns: new[] { "OrgId", "Version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_BrandCssVersions_RootId_OrgId",
                table: "BrandCssVersions",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Brandings_OrgId",
                table: "Brandings",
                column: "OrgId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Brandings_RootId_OrgId",
                table: "Brandings",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Brandings_SenderLookAt",
                table: "Brandings",
                column: "SenderLookAt");

            migrationBuilder.CreateIndex(
                name: "IX_Certificates_ChangedAt",
                table: "Certificates",
                column: "ChangedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Certificates_Host",
                table: "Certificates",
                column: "Host",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Certificates_NextAttemptAt",
                table: "Certificates",
                column: "NextAttemptAt");

            migrationBuilder.CreateIndex(
                name: "IX_DeployedNodes_OrgId",
                table: "DeployedNodes",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_DeployedNodes_RootId_OrgId",
                table: "DeployedNodes",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_DeployedNodes_RootId_TopologyId",
                table: "DeployedNodes",
                columns: new[] { "RootId", "TopologyId" });

            migrationBuilder.CreateIndex(
                name: "IX_DeployedNodes_ServerId",
                table: "DeployedNodes",
                column: "ServerId");

            migrationBuilder.CreateIndex(
                name: "IX_DeployedNodes_TopologyId_NodeId",
                table: "DeployedNodes",
                columns: new[] { "TopologyId", "NodeId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_DomainTombstones_Host",
                table: "DomainTombstones",
                column: "Host");

            migrationBuilder.CreateIndex(
                name: "IX_DomainTombstones_LookAt",
                table: "DomainTombstones",
                column: "LookAt");

            migrationBuilder.CreateIndex(
                name: "IX_DomainTombstones_OrgId",
                table: "DomainTombstones",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_DomainTombstones_RootId_OrgId",
                table: "DomainTombstones",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_EnterpriseSources_OrgId",
                table: "EnterpriseSources",
                column: "OrgId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDatabases_InstanceId",
                table: "InstanceDatabases",
                column: "InstanceId");

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDatabases_OrgId",
                table: "InstanceDatabases",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDatabases_RootId_InstanceId",
                table: "InstanceDatabases",
                columns: new[] { "RootId", "InstanceId" });

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDatabases_RootId_OrgId",
                table: "InstanceDatabases",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDatabases_ServerId_Name",
                table: "InstanceDatabases",
                columns: new[] { "ServerId", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDomains_CustomHost",
                table: "InstanceDomains",
                column: "CustomHost",
                unique: true,
                filter: "\"Proof\" IN ('Verified', 'Grace')");

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDomains_InstanceId",
                table: "InstanceDomains",
                column: "InstanceId");

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDomains_NextLookAt",
                table: "InstanceDomains",
                column: "NextLookAt");

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDomains_OrgId",
                table: "InstanceDomains",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDomains_RootId_InstanceId",
                table: "InstanceDomains",
                columns: new[] { "RootId", "InstanceId" });

            migrationBuilder.CreateIndex(
                name: "IX_InstanceDomains_RootId_OrgId",
                table: "InstanceDomains",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Instances_Domain",
                table: "Instances",
                column: "Domain",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Instances_OrgId",
                table: "Instances",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Instances_RootId_OrgId",
                table: "Instances",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Instances_RootId_ServerId",
                table: "Instances",
                columns: new[] { "RootId", "ServerId" });

            migrationBuilder.CreateIndex(
                name: "IX_Instances_RootId_TemplateId",
                table: "Instances",
                columns: new[] { "RootId", "TemplateId" });

            migrationBuilder.CreateIndex(
                name: "IX_Instances_ServerId_Database",
                table: "Instances",
                columns: new[] { "ServerId", "Database" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Instances_Slug",
                table: "Instances",
                column: "Slug",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Invitations_OrgId",
                table: "Invitations",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Invitations_OrgId_Email",
                table: "Invitations",
                columns: new[] { "OrgId", "Email" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Invitations_OrgId_RoleId",
                table: "Invitations",
                columns: new[] { "OrgId", "RoleId" });

            migrationBuilder.CreateIndex(
                name: "IX_Invitations_TokenHash",
                table: "Invitations",
                column: "TokenHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Members_OrgId",
                table: "Members",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Members_OrgId_RoleId",
                table: "Members",
                columns: new[] { "OrgId", "RoleId" });

            migrationBuilder.CreateIndex(
                name: "IX_Members_OrgId_UserId",
                table: "Members",
                columns: new[] { "OrgId", "UserId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Members_UserId",
                table: "Members",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_MetricSamples_OrgId",
                table: "MetricSamples",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_MetricSamples_Resolution_At",
                table: "MetricSamples",
                columns: new[] { "Resolution", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_MetricSamples_RootId_OrgId",
                table: "MetricSamples",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_OperationEvents_OperationId_Id",
                table: "OperationEvents",
                columns: new[] { "OperationId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Operations_ClientId",
                table: "Operations",
                column: "ClientId");

            migrationBuilder.CreateIndex(
                name: "IX_Operations_InstanceId",
                table: "Operations",
                column: "InstanceId");

            migrationBuilder.CreateIndex(
                name: "IX_Operations_OrgId",
                table: "Operations",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Operations_OrgId_ActorId_IdempotencyKey",
                table: "Operations",
                columns: new[] { "OrgId", "ActorId", "IdempotencyKey" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Operations_RootId_OrgId",
                table: "Operations",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Operations_ServerId",
                table: "Operations",
                column: "ServerId");

            migrationBuilder.CreateIndex(
                name: "IX_Operations_State_LeaseUntil",
                table: "Operations",
                columns: new[] { "State", "LeaseUntil" });

            migrationBuilder.CreateIndex(
                name: "IX_Operations_TopologyId",
                table: "Operations",
                column: "TopologyId");

            migrationBuilder.CreateIndex(
                name: "IX_Organizations_PlanId",
                table: "Organizations",
                column: "PlanId");

            migrationBuilder.CreateIndex(
                name: "IX_Organizations_Slug",
                table: "Organizations",
                column: "Slug",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_OutgoingMail_AboutId",
                table: "OutgoingMail",
                column: "AboutId");

            migrationBuilder.CreateIndex(
                name: "IX_OutgoingMail_ExpiresAt",
                table: "OutgoingMail",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_OutgoingMail_NextAttemptAt",
                table: "OutgoingMail",
                column: "NextAttemptAt");

            migrationBuilder.CreateIndex(
                name: "IX_PasskeyChallenges_ChallengeHash",
                table: "PasskeyChallenges",
                column: "ChallengeHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_PasskeyChallenges_ExpiresAt",
                table: "PasskeyChallenges",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_PasskeyChallenges_UserId",
                table: "PasskeyChallenges",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_PasswordResets_ExpiresAt",
                table: "PasswordResets",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_PasswordResets_TokenHash",
                table: "PasswordResets",
                column: "TokenHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_PasswordResets_UserId",
                table: "PasswordResets",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_Plans_IsDefault",
                table: "Plans",
                column: "IsDefault",
                unique: true,
                filter: "\"IsDefault\"");

            migrationBuilder.CreateIndex(
                name: "IX_Plans_Slug",
                table: "Plans",
                column: "Slug",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_PortalConfigs_OrgId",
                table: "PortalConfigs",
                column: "OrgId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_PortalConfigs_RootId_OrgId",
                table: "PortalConfigs",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_PortalDomains_ChangedAt",
                table: "PortalDomains",
                column: "ChangedAt");

            migrationBuilder.CreateIndex(
                name: "IX_PortalDomains_CustomHost",
                table: "PortalDomains",
                column: "CustomHost",
                unique: true,
                filter: "\"Proof\" IN ('Verified', 'Grace')");

            migrationBuilder.CreateIndex(
                name: "IX_PortalDomains_NextLookAt",
                table: "PortalDomains",
                column: "NextLookAt");

            migrationBuilder.CreateIndex(
                name: "IX_PortalDomains_OrgId_ClientId",
                table: "PortalDomains",
                columns: new[] { "OrgId", "ClientId" });

            migrationBuilder.CreateIndex(
                name: "IX_PortalDomains_SubdomainHost",
                table: "PortalDomains",
                column: "SubdomainHost",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_RateCounts_Until",
                table: "RateCounts",
                column: "Until");

            migrationBuilder.CreateIndex(
                name: "IX_ResourceLocks_OperationId",
                table: "ResourceLocks",
                column: "OperationId");

            migrationBuilder.CreateIndex(
                name: "IX_Roles_OrgId",
                table: "Roles",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Roles_OrgId_Slug",
                table: "Roles",
                columns: new[] { "OrgId", "Slug" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ServerGrants_OrgId",
                table: "ServerGrants",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_ServerGrants_OrgId_ClientId",
                table: "ServerGrants",
                columns: new[] { "OrgId", "ClientId" });

            migrationBuilder.CreateIndex(
                name: "IX_ServerGrants_OrgId_ServerId",
                table: "ServerGrants",
                columns: new[] { "OrgId", "ServerId" });

            migrationBuilder.CreateIndex(
                name: "IX_ServerGrants_ServerId_ClientId",
                table: "ServerGrants",
                columns: new[] { "ServerId", "ClientId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ServerSources_OrgId",
                table: "ServerSources",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_ServerSources_RootId_OrgId",
                table: "ServerSources",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_ServerSources_RootId_ServerId",
                table: "ServerSources",
                columns: new[] { "RootId", "ServerId" });

            migrationBuilder.CreateIndex(
                name: "IX_ServerSources_ServerId_Key",
                table: "ServerSources",
                columns: new[] { "ServerId", "Key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Servers_OrgId",
                table: "Servers",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Servers_OrgId_Name",
                table: "Servers",
                columns: new[] { "OrgId", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Servers_RootId_OrgId",
                table: "Servers",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_AccessHash",
                table: "Sessions",
                column: "AccessHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_CookieHash",
                table: "Sessions",
                column: "CookieHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_ExpiresAt",
                table: "Sessions",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_RefreshFamily",
                table: "Sessions",
                column: "RefreshFamily",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_RefreshHash",
                table: "Sessions",
                column: "RefreshHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Sessions_UserId",
                table: "Sessions",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_TemplateCaches_OrgId",
                table: "TemplateCaches",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_TemplateCaches_RootId_OrgId",
                table: "TemplateCaches",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_TemplateCaches_RootId_ServerId",
                table: "TemplateCaches",
                columns: new[] { "RootId", "ServerId" });

            migrationBuilder.CreateIndex(
                name: "IX_TemplateCaches_ServerId_Key",
                table: "TemplateCaches",
                columns: new[] { "ServerId", "Key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Templates_OrgId",
                table: "Templates",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Templates_RootId_OrgId",
                table: "Templates",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Topologies_OrgId",
                table: "Topologies",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_Topologies_RootId_OrgId",
                table: "Topologies",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyCredentials_OrgId",
                table: "TopologyCredentials",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_TopologyCredentials_RootId_OrgId",
                table: "TopologyCredentials",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyCredentials_RootId_TopologyId",
                table: "TopologyCredentials",
                columns: new[] { "RootId", "TopologyId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyCredentials_TopologyId_Name",
                table: "TopologyCredentials",
                columns: new[] { "TopologyId", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_TopologyDeployments_OrgId",
                table: "TopologyDeployments",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_TopologyDeployments_RootId_OrgId",
                table: "TopologyDeployments",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyDeployments_RootId_TopologyId",
                table: "TopologyDeployments",
                columns: new[] { "RootId", "TopologyId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyDeployments_TopologyId",
                table: "TopologyDeployments",
                column: "TopologyId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_TopologyPlans_OrgId",
                table: "TopologyPlans",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_TopologyPlans_RootId_OrgId",
                table: "TopologyPlans",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyPlans_RootId_TopologyId",
                table: "TopologyPlans",
                columns: new[] { "RootId", "TopologyId" });

            migrationBuilder.CreateIndex(
                name: "IX_TopologyPlans_TopologyId_Hash",
                table: "TopologyPlans",
                columns: new[] { "TopologyId", "Hash" });

            migrationBuilder.CreateIndex(
                name: "EmailIndex",
                table: "Users",
                column: "NormalizedEmail");

            migrationBuilder.CreateIndex(
                name: "UserNameIndex",
                table: "Users",
                column: "NormalizedUserName",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_WebhookDeliveries_CreatedAt",
                table: "WebhookDeliveries",
                column: "CreatedAt");

            migrationBuilder.CreateIndex(
                name: "IX_WebhookDeliveries_NextAttemptAt",
                table: "WebhookDeliveries",
                column: "NextAttemptAt");

            migrationBuilder.CreateIndex(
                name: "IX_WebhookDeliveries_OrgId",
                table: "WebhookDeliveries",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_WebhookDeliveries_OrgId_WebhookId",
                table: "WebhookDeliveries",
                columns: new[] { "OrgId", "WebhookId" });

            migrationBuilder.CreateIndex(
                name: "IX_WebhookDeliveries_WebhookId_Key",
                table: "WebhookDeliveries",
                columns: new[] { "WebhookId", "Key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_WebhookSeen_OrgId",
                table: "WebhookSeen",
                column: "OrgId");

            migrationBuilder.CreateIndex(
                name: "IX_WebhookSeen_RootId_OrgId",
                table: "WebhookSeen",
                columns: new[] { "RootId", "OrgId" });

            migrationBuilder.CreateIndex(
                name: "IX_Webhooks_OrgId",
                table: "Webhooks",
                column: "OrgId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "AcmeAccounts");

            migrationBuilder.DropTable(
                name: "AcmeAttempts");

            migrationBuilder.DropTable(
                name: "AcmeChallenges");

            migrationBuilder.DropTable(
                name: "Alerts");

            migrationBuilder.DropTable(
                name: "ApiKeys");

            migrationBuilder.DropTable(
                name: "AspNetUserClaims");

            migrationBuilder.DropTable(
                name: "AspNetUserLogins");

            migrationBuilder.DropTable(
                name: "AspNetUserPasskeys");

            migrationBuilder.DropTable(
                name: "AspNetUserTokens");

            migrationBuilder.DropTable(
                name: "AuditLog");

            migrationBuilder.DropTable(
                name: "BackupKeys");

            migrationBuilder.DropTable(
                name: "BackupSchedules");

            migrationBuilder.DropTable(
                name: "BackupTargets");

            migrationBuilder.DropTable(
                name: "Backups");

            migrationBuilder.DropTable(
                name: "BrandAssets");

            migrationBuilder.DropTable(
                name: "BrandCssVersions");

            migrationBuilder.DropTable(
                name: "Brandings");

            migrationBuilder.DropTable(
                name: "Certificates");

            migrationBuilder.DropTable(
                name: "DeployedNodes");

            migrationBuilder.DropTable(
                name: "DomainTombstones");

            migrationBuilder.DropTable(
                name: "EnterpriseSources");

            migrationBuilder.DropTable(
                name: "InstanceDatabases");

            migrationBuilder.DropTable(
                name: "InstanceDomains");

            migrationBuilder.DropTable(
                name: "Invitations");

            migrationBuilder.DropTable(
                name: "Members");

            migrationBuilder.DropTable(
                name: "MetricCursors");

            migrationBuilder.DropTable(
                name: "MetricSamples");

            migrationBuilder.DropTable(
                name: "OperationEvents");

            migrationBuilder.DropTable(
                name: "OperationSteps");

            migrationBuilder.DropTable(
                name: "OutgoingMail");

            migrationBuilder.DropTable(
                name: "PasskeyChallenges");

            migrationBuilder.DropTable(
                name: "PasswordResets");

            migrationBuilder.DropTable(
                name: "PortalConfigs");

            migrationBuilder.DropTable(
                name: "PortalDomains");

            migrationBuilder.DropTable(
                name: "RateCounts");

            migrationBuilder.DropTable(
                name: "ResourceLocks");

            migrationBuilder.DropTable(
                name: "ServerGrants");

            migrationBuilder.DropTable(
                name: "ServerSources");

            migrationBuilder.DropTable(
                name: "Sessions");

            migrationBuilder.DropTable(
                name: "TemplateCaches");

            migrationBuilder.DropTable(
                name: "TopologyCredentials");

            migrationBuilder.DropTable(
                name: "TopologyDeployments");

            migrationBuilder.DropTable(
                name: "TopologyPlans");

            migrationBuilder.DropTable(
                name: "WebhookCursors");

            migrationBuilder.DropTable(
                name: "WebhookDeliveries");

            migrationBuilder.DropTable(
                name: "WebhookSeen");

            migrationBuilder.DropTable(
                name: "AlertRules");

            migrationBuilder.DropTable(
                name: "Instances");

            migrationBuilder.DropTable(
                name: "Roles");

            migrationBuilder.DropTable(
                name: "Operations");

            migrationBuilder.DropTable(
                name: "Users");

            migrationBuilder.DropTable(
                name: "Topologies");

            migrationBuilder.DropTable(
                name: "Webhooks");

            migrationBuilder.DropTable(
                name: "Servers");

            migrationBuilder.DropTable(
                name: "Templates");

            migrationBuilder.DropTable(
                name: "Organizations");

            migrationBuilder.DropTable(
                name: "Plans");
        }
    }
}
