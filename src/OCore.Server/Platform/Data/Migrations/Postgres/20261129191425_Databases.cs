using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OCore.Platform.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Databases : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "ReservedDatabase",
                table: "Instances",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Database",
                table: "Backups",
                type: "text",
                nullable: true);

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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "InstanceDatabases");

            migrationBuilder.DropColumn(
                name: "ReservedDatabase",
                table: "Instances");

            migrationBuilder.DropColumn(
                name: "Database",
                table: "Backups");
        }
    }
}
